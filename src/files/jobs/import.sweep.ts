import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Sweep } from '../../queues/index.js';
import { ImportBell } from './import-bell.js';

/** Rings for imports that wait or were left in the middle. */
@Injectable()
export class ImportSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly bell: ImportBell,
  ) {
    super(schedules, config);
  }

  async sweep(): Promise<void> {
    const due = await this.database.acrossTenants<{ tenant_id: string; id: string }>(sql`
      select tenant_id, id from import where status in ('queued', 'running', 'rolling_back') order by id limit 1000`);
    for (const { tenant_id: tenantId, id } of due) await this.bell.ring(tenantId, id);
  }
}
