import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../config.js';
import { CONFIG, sweepsFailed } from '../http/index.js';

const everyMs = 5000;

/**
 * Looks every few seconds for work that somebody should have been rung for: the process that was to ring died, or the
 * queue lost it. The tables are the truth; a sweep makes the queue agree. One at a time, in every process of its role.
 */
@Injectable()
export abstract class Sweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger(this.constructor.name);
  #sweeping: Promise<void> | null = null;

  constructor(
    private readonly schedules: SchedulerRegistry,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Rings for all that is due, joining what is there of it already. */
  abstract sweep(): Promise<void>;

  /** Whether a process of this role sweeps: one that works. */
  isFor(role: Config['role']): boolean {
    return role !== 'api';
  }

  onApplicationBootstrap(): void {
    if (!this.isFor(this.config.role)) return;
    this.schedules.addInterval(this.constructor.name, setInterval(() => { this.begin(); }, everyMs));
  }

  /** The registry has ended the interval by now; a sweep under way still needs the database. */
  async onApplicationShutdown(): Promise<void> {
    await this.#sweeping;
  }

  private begin(): void {
    if (this.#sweeping !== null) return;
    this.#sweeping = this.sweep()
      // Nobody waits for it: it says so and comes again in seconds.
      .catch((error: unknown) => {
        sweepsFailed.inc({ sweep: this.constructor.name });
        this.#log.warn({ msg: 'a sweep failed', error: error instanceof Error ? error.name : typeof error });
      })
      .finally(() => { this.#sweeping = null; });
  }
}
