import { Logger } from '@nestjs/common';
import { newId } from '#kernel';
import { BullQueue } from '../../src/queues/index.js';
import { startHalfOpenProxy } from '../support/half-open-proxy.js';
import { type QueueAdapter, queueContract } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';

(hasRedis() ? describe : describe.skip)('jobs on Redis', () => {
  let redis: TestRedis;
  const make = (options: Parameters<QueueAdapter['make']>[0]): BullQueue => new BullQueue({ url: redis.url, lockMs: 1000, ...options });
  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await startRedis();
  });
  afterAll(async () => { await redis.stop(); });

  queueContract(() => ({
    make,
    url: redis.url,
    // A lock, and two looks at those that are missing.
    silenceMs: 3000,
    async deliverAgain(kind) {
      await redis.command('DEL', ...await redis.command<string[]>('KEYS', `contact-segments:${kind}:*:lock`));
    },
    kill: async () => { await redis.kill(); },
    start: async () => { await redis.start(); },
  }));

  it('is down within its time where packets vanish and nobody closes the connection', async () => {
    const proxy = await startHalfOpenProxy(redis.url);
    const queue = new BullQueue({ url: proxy.url, works: false });
    queue.define(`kind-${newId()}`, async () => undefined);
    await queue.start();
    try {
      expect(await queue.isUp(500)).toBe(true);
      proxy.blackHole();
      const began = performance.now();
      expect(await queue.isUp(500)).toBe(false);
      expect(performance.now() - began).toBeLessThan(1500);
    } finally {
      await queue.stop();
      await proxy.close();
    }
  }, 30_000);

  it('stops right after its start, though its last connection does not come about', async () => {
    const proxy = await startHalfOpenProxy(redis.url);
    const queue = new BullQueue({ url: proxy.url, works: true, graceMs: 500 });
    queue.define(`kind-${newId()}`, async () => undefined);
    await queue.start();
    // A worker waits for jobs on a connection of its own, which the end of the start begins.
    proxy.blackHole();
    try {
      await queue.stop();
    } finally {
      await proxy.close();
    }
  }, 30_000);

  it('stops in time though Redis is away', async () => {
    const queue = make({ works: true, graceMs: 500 });
    queue.define(`kind-${newId()}`, async () => undefined);
    await queue.start();
    await redis.kill();
    const began = performance.now();
    await queue.stop();
    expect(performance.now() - began).toBeLessThan(8000);
    await redis.start();
  });
});
