import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CLOCK, type Clock, CONFIG } from '../../http/index.js';
import { Sweep } from '../../queues/index.js';
import { ReceiveService } from '../receive.service.js';
import { ImportBell } from './import-bell.js';

/** No upload takes so long: whoever received it has died. */
const longestUploadMs = 24 * 3_600_000;

/** Rings for imports that wait or were left in the middle, and ends those whose upload was. */
@Injectable()
export class ImportSweep extends Sweep {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly bell: ImportBell,
    private readonly receiving: ReceiveService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super(schedules, config);
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    const due = await this.database.acrossTenants<{ tenant_id: string; id: string; status: string }>(sql`
      select tenant_id, id, status from import where status in ('receiving', 'queued', 'running', 'rolling_back')
        and (status <> 'receiving' or created_at < ${new Date(now.getTime() - longestUploadMs)}::timestamptz) order by id limit 1000`);
    for (const { tenant_id: tenantId, id, status } of due) {
      if (status === 'receiving') await this.receiving.giveUp(tenantId, id, now);
      else await this.bell.ringAgain(tenantId, id);
    }
  }
}
