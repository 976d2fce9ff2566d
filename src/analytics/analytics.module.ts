import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { SegmentsModule } from '../segments/index.js';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsService } from './analytics.service.js';
import { InsightsService } from './insights.service.js';
import { AnalyticsProcessor } from './jobs/analytics.processor.js';
import { AnalyticsScheduler } from './jobs/analytics.scheduler.js';
import { RollupSweep } from './jobs/rollup.sweep.js';
import { ReportService } from './report.service.js';
import { RollupService } from './rollup.service.js';
import { RollupsController } from './rollups.controller.js';
import { RollupsService } from './rollups.service.js';

@Module({
  imports: [ContactsModule, SegmentsModule],
  controllers: [AnalyticsController, RollupsController],
  providers: [AnalyticsProcessor, AnalyticsScheduler, AnalyticsService, InsightsService, ReportService, RollupService, RollupSweep, RollupsService],
  exports: [AnalyticsService, InsightsService, RollupService],
})
export class AnalyticsModule {}
