import { type ManualClock, newId } from '#kernel';
import { readConfig } from '../../src/config.js';
import { CLOCK } from '../../src/http/index.js';
import { PgBossQueue } from '../../src/queues/index.js';
import { type Service, startService } from '../../src/service.js';
import { type Faults, faultsOf, unlocked, withStatements } from '../support/broken-build.js';
import { until } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled } from '../support/settled.js';

interface Refresh { status: string; added: number; removed: number }

const day = 86_400_000;
const start = Date.parse('2026-03-01T12:00:00Z');

const onRedis = hasRedis();

/** Two processes that do everything and three that work alone, on one database: each rings, sweeps and takes up what is due. */
describe.each([['PostgreSQL', false], ['Redis', true]] as const)('Five processes with their queue on %s', (_name, redisToo) => {
  const itRuns = redisToo && !onRedis ? it.skip : it;
  let redis: TestRedis | null = null;
  let first: TestService | null = null;
  const others: Service[] = [];
  let tenant: TestTenant;

  beforeAll(async () => {
    if (redisToo && !onRedis) return;
    redis = redisToo ? await startRedis() : null;
    const queue: Record<string, string> = redis === null ? {} : { REDIS_URL: redis.url };
    first = await startTestService(queue);
    const base = { DATABASE_URL: first.databaseUrl, CLOCK: 'manual', LOG_LEVEL: 'silent', ...queue };
    for (const role of ['all', 'worker', 'worker', 'worker']) others.push(await startService(readConfig({ ...base, ROLE: role, PORT: '0' }), () => undefined));
  }, 120_000);
  afterAll(async () => {
    for (const service of others) await service.stop();
    await first?.stop();
    await redis?.stop();
  }, 60_000);

  /** A manual clock is of its process alone. */
  function setClocks(at: number): void {
    for (const { app } of [first!.service, ...others]) app.get<ManualClock>(CLOCK, { strict: false }).set(new Date(at));
  }

  /** Within how long they do, or what they do instead. */
  const refreshThirty = async (withinMs: number): Promise<Faults> => await faultsOf(async () => {
    setClocks(start);
    tenant = await first!.tenant();
    const contacts = Array.from({ length: 60 }, (_, n) => ({ email: `c${n}@example.com`, createdAt: new Date(start - n * day).toISOString() }));
    await tenant.request('POST', '/contacts/batch', { contacts });
    const made = await Promise.all(Array.from({ length: 30 }, async (_, n) => await tenant.request<{ id: string }>('POST', '/segments', {
      name: `Of ${n + 1} days`, type: 'dynamic',
      rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.created_at', operator: 'within_last', value: { amount: n + 1, unit: 'days' } }] }] },
    })));
    const ids = made.map(({ body }) => body.id);
    const fresh = async (): Promise<number> => (await Promise.all(ids.map(async (id) => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness))).filter((one) => one === 'fresh').length;
    await until(fresh, (count) => count === ids.length, withinMs);
    // A day passes, which moves somebody in each of them, and everybody is asked for by hand as well.
    setClocks(start + day);
    await Promise.all(ids.map(async (id) => await tenant.request('POST', `/segments/${id}/refresh`, {})));
    const behind = async (): Promise<number> => (await tenant.request<{ items: object[] }>('GET', '/jobs?status=queued&limit=100')).body.items.length
      + (await tenant.request<{ items: object[] }>('GET', '/jobs?status=running&limit=100')).body.items.length;
    await until(async () => [await behind(), await fresh()], ([left, done]) => left === 0 && done === ids.length, withinMs);
    await checkSettled(tenant, ids);
    for (const [n, id] of ids.entries()) {
      const { body: { items } } = await tenant.request<{ items: Refresh[] }>('GET', `/segments/${id}/refreshes?limit=100`);
      expect(items.every(({ status }) => status === 'succeeded')).toBe(true);
      // Those of n days in; then one is out, once, whoever took it up.
      expect(items.reduce((sum, { added }) => sum + added, 0)).toBe(n + 2);
      expect(items.reduce((sum, { removed }) => sum + removed, 0)).toBe(1);
    }
  });

  itRuns('refresh each of thirty segments that are due in the same second once', async () => {
    expect(await refreshThirty(60_000)).toEqual([]);
  }, 180_000);

  if (!redisToo) it('do not, as this test sees, in a build where neither the queue nor the lock keeps two cycles of a tenant apart', async () => {
    const { ring } = PgBossQueue.prototype;
    PgBossQueue.prototype.ring = async function everyRing(kind, payload, options) { await ring.call(this, kind, payload, { ...options, key: newId() }); };
    try {
      expect(await withStatements(unlocked, async () => await refreshThirty(15_000))).toHaveLength(1);
    } finally {
      PgBossQueue.prototype.ring = ring;
    }
  }, 180_000);
});
