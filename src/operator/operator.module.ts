import { Module } from '@nestjs/common';
import { AdminController } from './admin.controller.js';
import { Backlog } from './backlog.js';
import { HealthController } from './health.controller.js';
import { JobFigures } from './job-figures.js';
import { RemovalSweep } from './jobs/removal.sweep.js';
import { KeptConnections } from './kept-connections.js';
import { MetricsController } from './metrics.controller.js';
import { TenantRemoval } from './tenant-removal.service.js';

@Module({
  controllers: [AdminController, HealthController, MetricsController],
  providers: [Backlog, JobFigures, KeptConnections, TenantRemoval, RemovalSweep],
})
export class OperatorModule {}
