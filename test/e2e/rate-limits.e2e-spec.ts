import { startTestService, type TestService } from '../support/service.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';

const limits = { RATE_LIMIT_KEY: '5', RATE_LIMIT_TENANT: '8', RATE_LIMIT_WRONG_KEYS: '3', ROLE: 'api' };

/** The statuses of so many requests, one after the other. */
async function statuses(count: number, send: () => Promise<{ status: number }>): Promise<number[]> {
  const found: number[] = [];
  for (let at = 0; at < count; at += 1) found.push((await send()).status);
  return found;
}

const times = (count: number, status: number): number[] => Array.from({ length: count }, () => status);

function behaviour(start: () => Promise<TestService>): void {
  let service: TestService;
  beforeAll(async () => { service = await start(); });
  afterAll(async () => { await service.stop(); });

  it('refuse a key beyond its limit with Retry-After, a tenant beyond its own, and nobody else', async () => {
    const [one, other] = [await service.tenant('One'), await service.tenant('Other')];
    const { body: { apiKey: second } } = await one.request<{ apiKey: string }>('POST', '/api-keys', { name: 'second', role: 'viewer' });
    expect(await statuses(6, async () => await one.request('GET', '/segments'))).toEqual([...times(4, 200), 429, 429]);
    const refused = await one.request<{ type: string }>('GET', '/segments');
    expect(refused.body.type).toBe('/problems/too-many-requests');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    // What was refused for its key is not counted for the tenant: five of eight are used up.
    expect(await statuses(4, async () => await one.as(second)('GET', '/segments'))).toEqual([...times(3, 200), 429]);
    expect(await statuses(5, async () => await other.request('GET', '/segments'))).toEqual(times(5, 200));
  });

  it('slow down whoever tries keys, without locking out who has one, and leave health, metrics and documents alone', async () => {
    const tenant = await service.tenant();
    const wrong = tenant.as(`${tenant.apiKey.slice(0, -4)}AAAA`);
    expect(await statuses(5, async () => await wrong('GET', '/segments'))).toEqual([401, 401, 401, 429, 429]);
    expect((await service.tenant()).id).toEqual(expect.any(String));
    expect((await tenant.request('GET', '/segments')).status).toBe(200);
    for (const path of ['/health/live', '/metrics', '/openapi.json']) {
      expect(await statuses(10, async () => await fetch(`${service.url}${path}`))).toEqual(times(10, 200));
    }
  });
}

describe('Rate limits in the memory of the process', () => {
  behaviour(async () => await startTestService(limits));
});

(hasRedis() ? describe : describe.skip)('Rate limits on Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => { redis = await startRedis(); });
  afterAll(async () => { await redis.stop(); });
  behaviour(async () => await startTestService({ ...limits, REDIS_URL: redis.url }));
});
