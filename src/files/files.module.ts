import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { SegmentsModule } from '../segments/index.js';
import { ApplyEvents } from './apply-events.js';
import { ApplyService } from './apply.service.js';
import { ExportService } from './export.service.js';
import { ExportsController } from './exports.controller.js';
import { ImportPreviewsController } from './import-previews.controller.js';
import { ImportsController } from './imports.controller.js';
import { ImportsService } from './imports.service.js';
import { ExportBell } from './jobs/export-bell.js';
import { ExportSweep } from './jobs/export.sweep.js';
import { ImportBell } from './jobs/import-bell.js';
import { ImportSweep } from './jobs/import.sweep.js';
import { OpenWorkbooks } from './open-workbooks.js';
import { ImportPreviewService } from './preview/preview.service.js';
import { ReceiveService } from './receive.service.js';
import { RollbackService } from './rollback.service.js';
import { StoredExportsController } from './stored-exports.controller.js';
import { StoredExportsService } from './stored-exports.service.js';

/** Files in and out: exports of rows, and imports. */
@Module({
  imports: [ContactsModule, SegmentsModule],
  controllers: [ExportsController, ImportPreviewsController, ImportsController, StoredExportsController],
  providers: [
    ApplyEvents, ApplyService, ExportBell, ExportService, ExportSweep, ImportBell, ImportPreviewService, ImportSweep, ImportsService, OpenWorkbooks, ReceiveService,
    RollbackService, StoredExportsService,
  ],
})
export class FilesModule {}
