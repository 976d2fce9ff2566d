import { jest } from '@jest/globals';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { until } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };
const onRedis = hasRedis();

/** The whole service, with its sweeps, each of which finds that the tenant is due. */
describe.each([['PostgreSQL', false], ['Redis', true]] as const)('A job on %s that always fails', (_name, redisToo) => {
  const itRuns = redisToo && !onRedis ? it.skip : it;
  let redis: TestRedis | null = null;
  let service: TestService | null = null;
  let tenant: TestTenant;

  beforeAll(async () => {
    if (redisToo && !onRedis) return;
    redis = redisToo ? await startRedis() : null;
    service = await startTestService(redis === null ? {} : { REDIS_URL: redis.url });
    tenant = await service.tenant();
  }, 60_000);
  afterAll(async () => {
    await service?.stop();
    await redis?.stop();
  });

  itRuns('is tried later each time, though sweeps ring for it, at once when somebody changes something, and is done when the cause has gone', async () => {
    const at: number[] = [];
    const cycle = jest.spyOn(service!.service.app.get(RefreshCycle, { strict: false }), 'run').mockImplementation(async () => {
      at.push(performance.now());
      throw new Error('not today');
    });
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules });
    // Between the fourth and the fifth at least one sweep has passed.
    await until(() => at.length, (count) => count === 5, 60_000);
    const pauses = at.slice(1).map((time, index) => time - at[index]!);
    process.stdout.write(`runs: pauses of ${pauses.map((pause) => Math.round(pause)).join(', ')} ms\n`);
    const least = [900, 1900, 3900, 7900];
    expect({ pauses, early: pauses.filter((pause, index) => pause < least[index]!) }).toEqual({ pauses, early: [] });

    await tenant.request('POST', '/contacts', { email: 'ada@example.com' });
    await until(() => at.length, (count) => count === 6, 3000);
    cycle.mockRestore();
    const shown = async (): Promise<string> => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness;
    await until(shown, (freshness) => freshness === 'fresh', 20_000);
  }, 120_000);
});
