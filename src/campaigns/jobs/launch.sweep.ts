import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CLOCK, type Clock, CONFIG } from '../../http/index.js';
import { Queue } from '../../queues/index.js';
import { LAUNCH } from './launch.processor.js';

const everyMs = 5000;

/**
 * Rings for scheduled campaigns whose time has come by the service's clock. Nobody else does: the table is the schedule,
 * so that a launch is never late by more than this, whichever process died.
 */
@Injectable()
export class LaunchSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('LaunchSweep');
  #sweeping: Promise<void> | null = null;

  constructor(
    private readonly schedules: SchedulerRegistry,
    private readonly database: Database,
    private readonly queue: Queue,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.schedules.addInterval('launch-sweep', setInterval(() => { this.begin(); }, everyMs));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#sweeping;
  }

  /** Rings for every campaign that is due. Reads campaign_due as the sweep's role. */
  async sweep(): Promise<void> {
    const due = await this.database.acrossTenants<{ tenant_id: string; id: string }>(sql`
      select tenant_id, id from campaign where status = 'scheduled' and launch_at <= ${this.clock.now()}::timestamptz order by launch_at limit 1000`);
    for (const { tenant_id: tenantId, id } of due) await this.queue.ring(LAUNCH, { tenantId, campaignId: id }, { key: id });
  }

  private begin(): void {
    if (this.#sweeping !== null) return;
    this.#sweeping = this.sweep()
      .catch((error: unknown) => { this.#log.warn({ msg: 'a sweep failed', error: error instanceof Error ? error.name : typeof error }); })
      .finally(() => { this.#sweeping = null; });
  }
}
