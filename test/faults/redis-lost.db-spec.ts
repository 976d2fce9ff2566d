import { setTimeout as after } from 'node:timers/promises';
import type pg from 'pg';
import { BullQueue } from '../../src/queues/index.js';
import { RefreshSweep } from '../../src/segments/jobs/refresh.sweep.js';
import { type Faults, faultsOf } from '../support/broken-build.js';
import { MixedLoad } from '../support/mixed-load.js';
import { until } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

/** Longer than a request takes, and shorter than a ring waits for Redis. */
const longestAnswerMs = 4000;
const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.lead_score', operator: 'greater_than', value: 50 }] }] };

/** What happens to Redis, and how it is mended. It is written to all the while. */
const losses: readonly { readonly told: string; readonly lose: (redis: TestRedis) => Promise<void>; readonly mend: (redis: TestRedis) => Promise<void> }[] = [
  { told: 'killed', lose: async (redis) => { await redis.kill(); }, mend: async (redis) => { await redis.start(); } },
  { told: 'emptied', lose: async (redis) => { await redis.command('FLUSHALL'); }, mend: async () => undefined },
  // Less than it takes empty, so that it drops every key that it may at each write, or takes none.
  { told: 'evicting', lose: async (redis) => { await fill(redis, 'allkeys-random'); }, mend: async (redis) => { expect(await redis.command<string>('INFO', 'stats')).toMatch(/evicted_keys:[1-9]/); await unfill(redis); } },
  { told: 'full', lose: async (redis) => { await fill(redis, 'noeviction'); }, mend: unfill },
];

async function fill(redis: TestRedis, policy: string): Promise<void> {
  await redis.command('CONFIG', 'SET', 'maxmemory', '512kb', 'maxmemory-policy', policy);
}

async function unfill(redis: TestRedis): Promise<void> {
  await redis.command('CONFIG', 'SET', 'maxmemory', '0');
}

/** Test 23. The load is that of the other crashes: it judges each answer, and knows at the end what must be there. */
(hasRedis() ? describe : describe.skip)('A service whose Redis is lost', () => {
  let redis: TestRedis;
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    redis = await startRedis();
    service = await startTestService({ REDIS_URL: redis.url });
    await service.clock('2026-05-01T12:00:00Z');
    owner = await service.owner();
  }, 120_000);
  afterAll(async () => {
    await service.stop();
    await redis.stop();
  }, 60_000);

  /** Whether each request is answered, and how soon; what was asked for. */
  async function ask(tenant: TestTenant, turn: number): Promise<{ paths: string[]; longestMs: number }> {
    const paths: string[] = [];
    let longestMs = 0;
    const post = async (path: string, status: number, body: unknown, headers: Record<string, string> = {}): Promise<string> => {
      const begun = performance.now();
      const answer = await tenant.request<{ id: string }>('POST', path, body, headers);
      longestMs = Math.max(longestMs, performance.now() - begun);
      expect({ path, ...answer }).toMatchObject({ status });
      return answer.body.id;
    };
    paths.push(`/imports/${await post('/imports', 202, `email,leadScore\nturn${turn}@example.com,60\n`, { 'content-type': 'text/csv' })}`);
    paths.push(`/exports/${await post('/exports', 202, { what: 'contacts' })}`);
    paths.push(`/rollups/${await post('/rollups', 201, { from: '2026-04-20', to: '2026-04-21' })}`);
    paths.push(`/segments/${await post('/segments', 201, { name: `turn ${turn}`, type: 'dynamic', rules })}`);
    return { paths, longestMs };
  }

  it('answers all the while, and does what is owed by itself within seconds after Redis is back, empty', async () => {
    const tenants = [await service.tenant(), await service.tenant('Other')];
    const load = new MixedLoad(service, tenants);
    // Asks for things whose rings are lost, and for nothing afterwards: only a sweep finds them.
    const quiet = await service.tenant('Quiet');
    const undone = async (paths: readonly string[]): Promise<string[]> => {
      const shown = await Promise.all(paths.map(async (path) => ({ path, ...(await quiet.request<{ status: string; freshness?: string }>('GET', path)).body })));
      return shown.filter(({ status, freshness }) => freshness !== 'fresh' && status !== 'succeeded').map(({ path }) => path);
    };
    const recoveries: string[] = [];
    let [turns, slowest] = [0, 0];
    const begun = performance.now();
    await load.during(async () => {
      for (; turns < losses.length || performance.now() - begun < budget; turns += 1) {
        await after(500 + load.random() * 500);
        const { told, lose, mend } = losses[turns % losses.length]!;
        await lose(redis);
        const { paths, longestMs } = await ask(quiet, turns);
        slowest = Math.max(slowest, longestMs);
        await after(500 + load.random() * 2000);
        expect(await load.health()).toEqual({ ready: 200, live: 200 });
        await mend(redis);
        const back = performance.now();
        expect({ told, left: await until(async () => await undone(paths), (left) => left.length === 0, 45_000) }).toEqual({ told, left: [] });
        recoveries.push(`${told} ${Math.round(performance.now() - back)} ms`);
      }
    });
    process.stdout.write(`runs: Redis lost ${turns} times, after which all that was owed was done: ${recoveries.join(', ')}; answers within ${Math.round(slowest)} ms; seed ${load.seed}; answers ${load.told}\n`);
    expect(slowest).toBeLessThan(longestAnswerMs);
    await load.check(owner);
  }, 300_000);

  /** A ring that is lost with Redis, and a segment that waits for it so long. */
  const loseRing = async (withinMs: number): Promise<Faults> => await faultsOf(async () => {
    const tenant = await service.tenant();
    const { ring } = BullQueue.prototype;
    BullQueue.prototype.ring = async () => { throw new Error('lost'); };
    await redis.kill();
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'one', type: 'dynamic', rules });
    await after(1000);
    await redis.start();
    BullQueue.prototype.ring = ring;
    await until(async () => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness, (freshness) => freshness === 'fresh', withinMs);
  });

  it('is rung for again by a sweep; in a build that goes by the queue alone, as this test sees, never', async () => {
    expect(await loseRing(45_000)).toEqual([]);
    const { sweep } = RefreshSweep.prototype;
    RefreshSweep.prototype.sweep = async () => undefined;
    try {
      expect(await loseRing(12_000)).toEqual([expect.stringContaining('after 12000 ms')]);
    } finally {
      RefreshSweep.prototype.sweep = sweep;
    }
  }, 120_000);
});
