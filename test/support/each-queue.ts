import { BullQueue, PgBossQueue, type Queue } from '../../src/queues/index.js';
import { hasRedis, startRedis } from './redis.js';

/** Where a service has its queue. */
export interface QueuePlace {
  readonly on: 'PostgreSQL' | 'Redis';
  /** What every queue there does. */
  readonly adapter: Queue;
  /** Starts what it needs beside the database: what is to be in the environment of all its processes, and its end. */
  start(): Promise<{ env: Record<string, string>; stop(): Promise<void> }>;
}

/** The same tests on both; those on Redis are skipped, and that is said, where it cannot be tested. */
export function describeOnEachQueue(name: string, tests: (queue: QueuePlace) => void): void {
  describe(`${name}, the queue on PostgreSQL,`, () => {
    tests({ on: 'PostgreSQL', adapter: PgBossQueue.prototype, start: async () => ({ env: {}, stop: async () => undefined }) });
  });
  (hasRedis() ? describe : describe.skip)(`${name}, the queue on Redis,`, () => {
    tests({
      on: 'Redis', adapter: BullQueue.prototype,
      async start() {
        const { url, stop } = await startRedis();
        return { env: { REDIS_URL: url }, stop };
      },
    });
  });
}
