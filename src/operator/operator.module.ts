import { Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { AdminController } from './admin.controller.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

@Module({
  controllers: [AdminController, HealthController, MetricsController],
  providers: [{ provide: Registry, useFactory: processMetrics }],
})
export class OperatorModule {}
