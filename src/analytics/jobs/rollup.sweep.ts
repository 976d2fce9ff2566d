import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Queue, Sweep } from '../../queues/index.js';
import { ANALYTICS } from './analytics.job.js';

/** Rings for tenants who wait for a rollup that they asked for. */
@Injectable()
export class RollupSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly queue: Queue,
  ) {
    super(schedules, config);
  }

  /** Reads rollup_queued as the sweep's role. */
  async sweep(): Promise<void> {
    const due = await this.database.acrossTenants<{ tenant_id: string }>(sql`select distinct tenant_id from rollup where status = 'queued' order by 1`);
    for (const { tenant_id: tenantId } of due) await this.queue.ring(ANALYTICS, { tenantId }, { key: tenantId, joins: true });
  }
}
