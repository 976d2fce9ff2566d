import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '#database';
import { realTime } from '#kernel';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Queue, REFRESH } from '../../queues/index.js';
import { findDueTenants } from '../sql/find-due-tenants.sql.js';

const everyMs = 5000;

/**
 * Rings for tenants whose work is due and who may have been forgotten: the process that was to ring died, or the queue
 * lost it. By real time, whatever the service's clock says. The tables are the truth; this makes the queue agree.
 */
@Injectable()
export class RefreshSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('Sweep');
  #sweeping: Promise<void> | null = null;

  constructor(
    private readonly schedules: SchedulerRegistry,
    private readonly database: Database,
    private readonly queue: Queue,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.schedules.addInterval('refresh-sweep', setInterval(() => { this.begin(); }, everyMs));
  }

  /** The registry has ended the interval by now; a sweep under way still needs the database. */
  async onApplicationShutdown(): Promise<void> {
    await this.#sweeping;
  }

  /** Rings for every tenant with due work. An idle one costs nothing. */
  async sweep(): Promise<void> {
    for (const { id } of await this.database.acrossTenants<{ id: string }>(findDueTenants(realTime.now()))) {
      await this.queue.ring(REFRESH, { tenantId: id }, { key: id });
    }
  }

  private begin(): void {
    if (this.#sweeping !== null) return;
    this.#sweeping = this.sweep()
      // Nobody waits for it: it says so and comes again in seconds.
      .catch((error: unknown) => { this.#log.warn({ msg: 'a sweep failed', error: error instanceof Error ? error.name : typeof error }); })
      .finally(() => { this.#sweeping = null; });
  }
}
