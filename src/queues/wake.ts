import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { failureForLog } from './job-failure.js';
import { Queue } from './queue.js';

/** The kind of job that brings a tenant's segments up to date. */
export const REFRESH = 'refresh';

const debounceMs = 200;

/** Rings for a tenant whose data changed. Call it after the commit; it never fails a request. */
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
    this.#pending.set(tenantId, setTimeout(() => { this.#ring(tenantId); }, debounceMs));
  }

  /** HTTP is drained by now: nobody wakes any more, and what was held back rings at once. */
  async onApplicationShutdown(): Promise<void> {
    for (const [tenantId, timer] of this.#pending) {
      clearTimeout(timer);
      this.#ring(tenantId);
    }
    await Promise.all(this.#ringing);
  }

  #ring(tenantId: string): void {
    this.#pending.delete(tenantId);
    const ringing = this.queue.ring(REFRESH, { tenantId }, { key: tenantId })
      // Nothing is lost: the sweep finds the tenant by its rows.
      .catch((error: unknown) => { this.#log.warn({ msg: 'the bell could not be rung', tenant: tenantId, ...failureForLog(error) }); })
      .finally(() => { this.#ringing.delete(ringing); });
    this.#ringing.add(ringing);
  }
}
