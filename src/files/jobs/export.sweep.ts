import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CLOCK, type Clock, CONFIG } from '../../http/index.js';
import { Sweep } from '../../queues/index.js';
import { keptMs } from '../dto/stored-export.dto.js';
import { StoredExportsService } from '../stored-exports.service.js';
import { ExportBell } from './export-bell.js';

/** Rings for exports that wait or were left in the middle, and takes away files whose time has passed. */
@Injectable()
export class ExportSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly bell: ExportBell,
    private readonly exports: StoredExportsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super(schedules, config);
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    const due = await this.database.acrossTenants<{ tenant_id: string; id: string; status: string }>(sql`
      select tenant_id, id, status from export where status in ('queued', 'running')
        or (status = 'succeeded' and finished_at < ${new Date(now.getTime() - keptMs)}::timestamptz) order by id limit 1000`);
    for (const { tenant_id: tenantId, id, status } of due) {
      if (status === 'succeeded') await this.exports.expire(tenantId, id, now);
      else await this.bell.ringAgain(tenantId, id);
    }
  }
}
