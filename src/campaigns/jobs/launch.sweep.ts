import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CLOCK, type Clock, CONFIG } from '../../http/index.js';
import { Queue, Sweep } from '../../queues/index.js';
import { LAUNCH } from './launch.processor.js';

/**
 * Rings for scheduled campaigns whose time has come by the service's clock. Nobody else does: the table is the schedule,
 * so that a launch is never late by more than one sweep, whichever process died.
 */
@Injectable()
export class LaunchSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly queue: Queue,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super(schedules, config);
  }

  /** Reads campaign_due as the sweep's role. */
  async sweep(): Promise<void> {
    const due = await this.database.acrossTenants<{ tenant_id: string; id: string }>(sql`
      select tenant_id, id from campaign where status = 'scheduled' and launch_at <= ${this.clock.now()}::timestamptz order by launch_at limit 1000`);
    for (const { tenant_id: tenantId, id } of due) await this.queue.ring(LAUNCH, { tenantId, campaignId: id }, { key: id, joins: true });
  }
}
