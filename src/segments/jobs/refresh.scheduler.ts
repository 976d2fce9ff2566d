import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import type { Config } from '../../config.js';
import { CLOCK, type Clock, CONFIG } from '../../http/index.js';
import { TenantsService } from '../../tenancy/index.js';
import { RefreshService } from '../refresh.service.js';

/**
 * The backstop: at the times of `REFRESH_CRON` (UTC) every active dynamic segment is refreshed, for time alone moves
 * members too. Any number of workers may do so at once: a refresh that waits already is not queued twice.
 */
@Injectable()
export class RefreshScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly schedules: SchedulerRegistry,
    private readonly tenants: TenantsService,
    private readonly refreshes: RefreshService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api' || this.config.clock === 'manual') return;
    const job = CronJob.from({
      name: 'refresh', cronTime: this.config.refreshCron, timeZone: 'UTC', waitForCompletion: true, start: false,
      onTick: async () => { await this.everyTenant(); },
    });
    // The registry logs what a tick throws, and stops the job with the application.
    this.schedules.addCronJob('refresh', job);
    job.start();
  }

  /** Asks for a refresh of every tenant, one after the other, and forgets refreshes that changed nobody. */
  async everyTenant(): Promise<void> {
    const now = this.clock.now();
    for (const tenantId of await this.tenants.ids()) {
      await this.refreshes.requestAll(tenantId, now);
      await this.refreshes.forgetIdle(tenantId);
    }
  }
}
