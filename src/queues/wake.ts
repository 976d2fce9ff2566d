import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { failureForLog } from './job-failure.js';
import { type JobPayload, Queue, type RingOptions } from './queue.js';

/** The kind of job that brings a tenant's segments up to date. */
export const REFRESH = 'refresh';

const debounceMs = 200;

/**
 * Rings for what a request has left to do. Call it after the commit: the request neither waits for the ring nor fails by
 * it. Nothing is lost where it cannot be rung, for the sweeps find what is due by its rows.
 */
@Injectable()
export class Wake implements OnApplicationShutdown {
  readonly #log = new Logger('Wake');
  readonly #pending = new Map<string, NodeJS.Timeout>();
  readonly #ringing = new Set<Promise<void>>();

  constructor(private readonly queue: Queue) {}

  /** The tenant's segments are looked at soon. Calls within 200 ms make one ring, at the end of them, so it covers all. */
  tenant(tenantId: string): void {
    // Counted from the first call: a steady stream of changes never puts the ring off.
    if (this.#pending.has(tenantId)) return;
    this.#pending.set(tenantId, setTimeout(() => { this.#refresh(tenantId); }, debounceMs));
  }

  /** A job is looked at now. */
  job(kind: string, payload: JobPayload, options: RingOptions): void {
    const ringing = this.queue.ring(kind, payload, options)
      .catch((error: unknown) => { this.#log.warn({ msg: 'the bell could not be rung', kind, tenant: payload.tenantId, ...failureForLog(error) }); })
      .finally(() => { this.#ringing.delete(ringing); });
    this.#ringing.add(ringing);
  }

  /** HTTP is drained by now: nobody wakes any more, and what was held back rings at once. */
  async onApplicationShutdown(): Promise<void> {
    for (const [tenantId, timer] of this.#pending) {
      clearTimeout(timer);
      this.#refresh(tenantId);
    }
    await Promise.all(this.#ringing);
  }

  #refresh(tenantId: string): void {
    this.#pending.delete(tenantId);
    this.job(REFRESH, { tenantId }, { key: tenantId });
  }
}
