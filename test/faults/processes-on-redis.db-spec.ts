import type pg from 'pg';
import { historyFaults } from '../support/derived-faults.js';
import { type Gate, makeGate } from '../support/gate.js';
import { until } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled } from '../support/settled.js';

const inCountry = (value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value }] }] });

/** As they are shipped: the test's own service takes requests and rings on Redis, and workers are processes of their own. */
(hasRedis() ? describe : describe.skip)('Workers that hear of their work by Redis', () => {
  let redis: TestRedis;
  let service: TestService;
  let owner: pg.Client;
  let gate: Gate;
  let tenant: TestTenant;
  const workers: ServiceProcess[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    service = await startTestService({ ROLE: 'api', CLOCK: 'system', REDIS_URL: redis.url });
    owner = await service.owner();
    tenant = await service.tenant();
    gate = await makeGate(owner);
  }, 60_000);
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await service.stop();
    await redis.stop();
  }, 60_000);

  const startWorkers = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) workers.push(await startServiceProcess({ DATABASE_URL: service.databaseUrl, REDIS_URL: redis.url, ROLE: 'worker', LOG_LEVEL: 'silent' }));
  };
  const make = async (country: string): Promise<string> => (await tenant.request<{ id: string }>('POST', '/segments', { name: country, type: 'dynamic', rules: inCountry(country) })).body.id;
  const fresh = async (id: string): Promise<void> => {
    await until(async () => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness, (freshness) => freshness === 'fresh', 60_000);
  };

  it('share it, and leave nothing undone where all are killed in the middle of a refresh and others come', async () => {
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: n % 2 === 0 ? 'France' : 'Chad' })) });
    await startWorkers(2);
    const chad = await make('Chad');
    await fresh(chad);
    await gate.shut();
    const france = await make('France');
    await until(gate.waiting, (count) => count > 0, 30_000);
    for (const worker of workers.splice(0)) {
      worker.kill('SIGKILL');
      await worker.ended();
    }
    await gate.open();
    await tenant.request('POST', '/contacts', { email: 'late@example.com', country: 'Chad' });
    await startWorkers(2);
    for (const id of [france, chad]) await fresh(id);
    await checkSettled(tenant, [france, chad]);
    expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
    process.stdout.write('runs: 2 workers on Redis killed in a refresh\n');
    for (const worker of workers.splice(0)) await worker.stop();
  }, 180_000);
});
