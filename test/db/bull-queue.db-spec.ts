import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { newId } from '#kernel';
import { BullQueue } from '../../src/queues/index.js';
import { queueContract, until } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';

(hasRedis() ? describe : describe.skip)('jobs on Redis', () => {
  let redis: TestRedis;
  const make = (options: { works: boolean; graceMs?: number; retryDelaySeconds?: number; lockMs?: number }): BullQueue => new BullQueue({ url: redis.url, lockMs: 1000, ...options });
  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await startRedis();
  });
  afterAll(async () => { await redis.stop(); });

  queueContract(() => ({ make }));

  const workers: ChildProcess[] = [];
  afterEach(() => { for (const worker of workers.splice(0)) worker.kill('SIGKILL'); });
  /** A worker of its own process that has begun the job rung for. */
  const busyWorker = async (kind: string, api: BullQueue): Promise<ChildProcess> => {
    const worker = spawn(process.execPath, ['--import', './test/support/typescript-source.mjs', '--no-warnings', 'test/support/queue-worker.ts', redis.url, kind, '1000'],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    workers.push(worker);
    await api.ring(kind, { tenantId: newId() }, { key: 'a' });
    await Promise.race([once(worker.stdout ?? worker, 'data'), once(worker, 'exit').then(() => { throw new Error('the worker ended'); })]);
    return worker;
  };

  for (const [what, signal] of [['was killed', 'SIGKILL'], ['hangs in its event loop', 'SIGSTOP']] as const) {
    it(`hands the job of a worker that ${what} to another, as often as it happens`, async () => {
      const kind = `kind-${newId()}`;
      const seen: string[] = [];
      const api = make({ works: false });
      const next = make({ works: true });
      for (const queue of [api, next]) queue.define(kind, async () => { seen.push('next'); });
      try {
        await api.start();
        // The library itself would give the job up at the second.
        for (let at = 0; at < 3; at += 1) (await busyWorker(kind, api)).kill(signal);
        await next.start();
        expect(await until(() => seen, (all) => all.length > 0)).toEqual(['next']);
      } finally {
        await Promise.all([api.stop(), next.stop()]);
      }
    });
  }

  it('tells who rings while Redis is away, and goes on by itself where Redis comes back empty', async () => {
    const kind = `kind-${newId()}`;
    const seen: string[] = [];
    const queue = make({ works: true });
    queue.define(kind, async ({ tenantId }) => { seen.push(tenantId); });
    await queue.start();
    const tenantId = newId();
    try {
      await redis.kill();
      await expect(queue.ring(kind, { tenantId }, { key: tenantId })).rejects.toThrow('Redis does not answer');
      await redis.start();
      const later = newId();
      await until(async () => { await queue.ring(kind, { tenantId: later }, { key: later }).catch(() => undefined); return seen; }, (all) => all.includes(later), 30_000);
    } finally {
      await queue.stop();
    }
  });

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
