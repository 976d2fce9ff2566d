import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { SegmentsModule } from '../segments/index.js';
import { ExportService } from './export.service.js';
import { ExportsController } from './exports.controller.js';

/** Files in and out: exports of rows, and imports. */
@Module({
  imports: [ContactsModule, SegmentsModule],
  controllers: [ExportsController],
  providers: [ExportService],
})
export class FilesModule {}
