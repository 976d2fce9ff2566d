import { Module } from '@nestjs/common';
import { RulesEngineModule } from '../rules-engine/index.js';
import { SegmentsModule } from '../segments/index.js';
import { ForecastService } from './forecast.service.js';
import { HygieneService } from './hygiene.service.js';
import { InsightsController } from './insights.controller.js';
import { OverlapService } from './overlap.service.js';

@Module({
  imports: [RulesEngineModule, SegmentsModule],
  controllers: [InsightsController],
  providers: [ForecastService, HygieneService, OverlapService],
})
export class InsightsModule {}
