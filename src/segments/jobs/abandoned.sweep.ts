import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '#database';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Sweep } from '../../queues/index.js';
import { RefreshCycle } from '../refresh-cycle.js';
import { findRunningTenants } from '../sql/find-due-tenants.sql.js';

/**
 * Says of refreshes whose worker is gone that they failed, in processes that answer requests and do not work: a worker
 * finds them as soon as it is there, but maybe none is left.
 */
@Injectable()
export class AbandonedSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly cycle: RefreshCycle,
  ) {
    super(schedules, config);
  }

  override isFor(role: Config['role']): boolean {
    return role === 'api';
  }

  async sweep(): Promise<void> {
    for (const { id } of await this.database.acrossTenants<{ id: string }>(findRunningTenants)) await this.cycle.endAbandoned(id);
  }
}
