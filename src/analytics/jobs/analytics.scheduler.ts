import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Queue } from '../../queues/index.js';
import { zoneByDefault } from '../analytics-state.js';
import { ANALYTICS } from './analytics.job.js';

const lookForZonesMs = 60_000;

/**
 * At the times of `ANALYTICS_CRON`, each tenant's in its own zone, its days are rolled up. One schedule a zone; a zone that a
 * tenant takes on has its own within a minute. Any number of workers may ring: one run of a tenant waits at most.
 */
@Injectable()
export class AnalyticsScheduler implements OnApplicationBootstrap {
  readonly #log = new Logger('AnalyticsScheduler');
  #tenants: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(
    private readonly schedules: SchedulerRegistry,
    private readonly database: Database,
    private readonly queue: Queue,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.role === 'api' || this.config.clock === 'manual') return;
    this.schedules.addInterval('analytics-zones', setInterval(() => {
      // Nobody waits for it; the zones known stay, and it comes again.
      this.followZones().catch((error: unknown) => { this.#log.warn({ msg: 'zones could not be read', error: error instanceof Error ? error.name : typeof error }); });
    }, lookForZonesMs));
    await this.followZones();
  }

  /** Reads the tenants' zones, of all at once as the sweep's role, and starts a schedule for each zone that has none. */
  async followZones(): Promise<void> {
    const rows = await this.database.acrossTenants<{ id: string; zone: string | null }>(sql`
      select t.id, s.timezone as zone from tenant t left join analytics_state s on s.tenant_id = t.id order by t.id`);
    const found = Map.groupBy(rows, ({ zone }) => zone ?? zoneByDefault);
    this.#tenants = new Map([...found].map(([zone, tenants]) => [zone, tenants.map(({ id }) => id)]));
    for (const zone of found.keys()) {
      if (!this.schedules.doesExist('cron', nameOf(zone))) this.begin(zone);
    }
  }

  /** Rings for the tenants of a zone: for each, whether or not it could be rung for the one before. */
  async ringZone(zone: string): Promise<void> {
    for (const tenantId of this.#tenants.get(zone) ?? []) {
      await this.queue.ring(ANALYTICS, { tenantId }, { key: tenantId }).catch((error: unknown) => {
        // Its answers are right without, and the next night has its days as well.
        this.#log.warn({ msg: 'the bell could not be rung', tenant: tenantId, error: error instanceof Error ? error.name : typeof error });
      });
    }
  }

  private begin(zone: string): void {
    const job = CronJob.from({
      name: nameOf(zone), cronTime: this.config.analyticsCron, timeZone: zone, waitForCompletion: true, start: false,
      onTick: async () => { await this.ringZone(zone); },
    });
    // The registry logs what a tick throws, and stops the job with the application.
    this.schedules.addCronJob(nameOf(zone), job);
    job.start();
  }
}

function nameOf(zone: string): string {
  return `analytics ${zone}`;
}
