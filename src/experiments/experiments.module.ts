import { Module } from '@nestjs/common';
import { SegmentsModule } from '../segments/index.js';
import { ExperimentsController } from './experiments.controller.js';
import { ExperimentsService } from './experiments.service.js';
import { ResultsService } from './results.service.js';

@Module({
  imports: [SegmentsModule],
  controllers: [ExperimentsController],
  providers: [ExperimentsService, ResultsService],
  exports: [ExperimentsService, ResultsService],
})
export class ExperimentsModule {}
