import { Module } from '@nestjs/common';
import { ContactBatchesService } from './contact-batches.service.js';
import { ContactsController } from './contacts.controller.js';
import { ContactsService } from './contacts.service.js';
import { CustomFieldsController } from './custom-fields.controller.js';
import { CustomFieldsService } from './custom-fields.service.js';
import { DuplicatesService } from './duplicates.service.js';
import { ErasureSteps } from './erasure-steps.js';
import { EventTypesController } from './event-types.controller.js';
import { EventTypesService } from './event-types.service.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { MergeService } from './merge.service.js';
import { ZonesService } from './zones.js';

@Module({
  controllers: [ContactsController, CustomFieldsController, EventTypesController, EventsController],
  providers: [ContactsService, ContactBatchesService, CustomFieldsService, DuplicatesService, ErasureSteps, EventTypesService, EventsService, MergeService, ZonesService],
  exports: [ContactBatchesService, ContactsService, CustomFieldsService, ErasureSteps, EventsService, EventTypesService, ZonesService],
})
export class ContactsModule {}
