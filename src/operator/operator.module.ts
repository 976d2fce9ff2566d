import { Module } from '@nestjs/common';
import { AdminController } from './admin.controller.js';
import { Backlog } from './backlog.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  controllers: [AdminController, HealthController, MetricsController],
  providers: [Backlog],
})
export class OperatorModule {}
