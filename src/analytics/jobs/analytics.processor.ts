import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../http/index.js';
import { Queue } from '../../queues/index.js';
import { RollupService } from '../rollup.service.js';
import { ANALYTICS, TODAY } from './analytics.job.js';

/** A ring for a tenant rolls up every day that lacks it, or what is over of today. */
@Injectable()
export class AnalyticsProcessor implements OnModuleInit {
  constructor(
    private readonly queue: Queue,
    private readonly rollups: RollupService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.queue.define(ANALYTICS, async ({ tenantId }, job) => { await this.rollups.run(tenantId, this.clock.now(), job.signal); });
    this.queue.define(TODAY, async ({ tenantId }, job) => { await this.rollups.runToday(tenantId, this.clock.now(), job.signal); });
  }
}
