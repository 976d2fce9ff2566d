import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { SegmentsModule } from '../segments/index.js';
import { ApplyService } from './apply.service.js';
import { ExportService } from './export.service.js';
import { ExportsController } from './exports.controller.js';
import { ImportsController } from './imports.controller.js';
import { ImportsService } from './imports.service.js';
import { ImportBell } from './jobs/import-bell.js';
import { ImportSweep } from './jobs/import.sweep.js';
import { ReceiveService } from './receive.service.js';
import { RollbackService } from './rollback.service.js';

/** Files in and out: exports of rows, and imports. */
@Module({
  imports: [ContactsModule, SegmentsModule],
  controllers: [ExportsController, ImportsController],
  providers: [ApplyService, ExportService, ImportBell, ImportSweep, ImportsService, ReceiveService, RollbackService],
})
export class FilesModule {}
