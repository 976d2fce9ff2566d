export { AnalyticsModule } from './analytics.module.js';
export { AnalyticsService } from './analytics.service.js';
export { IntervalDto } from './dto/measures.dto.js';
export { InsightsService } from './insights.service.js';
export { RollupService } from './rollup.service.js';
