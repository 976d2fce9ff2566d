import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '#database';
import { realTime } from '#kernel';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Queue, REFRESH, Sweep } from '../../queues/index.js';
import { findDueTenants } from '../sql/find-due-tenants.sql.js';

/** Rings for tenants whose segments are due, by real time, whatever the service's clock says. An idle one costs nothing. */
@Injectable()
export class RefreshSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly queue: Queue,
  ) {
    super(schedules, config);
  }

  async sweep(): Promise<void> {
    for (const { id } of await this.database.acrossTenants<{ id: string }>(findDueTenants(realTime.now(), this.database.isDistributed))) {
      await this.queue.ring(REFRESH, { tenantId: id }, { key: id, joins: true });
    }
  }
}
