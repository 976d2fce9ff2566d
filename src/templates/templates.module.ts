import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { SegmentsModule } from '../segments/index.js';
import { TemplatesController } from './templates.controller.js';
import { TemplatesService } from './templates.service.js';

@Module({
  imports: [ContactsModule, SegmentsModule],
  controllers: [TemplatesController],
  providers: [TemplatesService],
})
export class TemplatesModule {}
