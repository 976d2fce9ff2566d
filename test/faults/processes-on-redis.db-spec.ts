import type pg from 'pg';
import { historyFaults } from '../support/derived-faults.js';
import { until } from '../support/queue-contract.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled } from '../support/settled.js';

const inCountry = (value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value }] }] });
/** Held by the test while a statement of a refresh is not to end. */
const gate = 4_713;

/** As they are shipped: the test's own service takes requests and rings on Redis, and workers are processes of their own. */
(hasRedis() ? describe : describe.skip)('Workers that hear of their work by Redis', () => {
  let redis: TestRedis;
  let service: TestService;
  let owner: pg.Client;
  let tenant: TestTenant;
  const workers: ServiceProcess[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    service = await startTestService({ ROLE: 'api', CLOCK: 'system', REDIS_URL: redis.url });
    owner = await service.owner();
    tenant = await service.tenant();
    // Whoever writes the first row of the members waits while the gate is shut.
    await owner.query(`
      create function wait_at_gate() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock_shared(${gate}); return null; end $$;
      create trigger wait_at_gate before insert on segment_member for each statement execute function wait_at_gate()`);
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
    await owner.query('select pg_advisory_lock($1)', [gate]);
    const france = await make('France');
    const waiting = async (): Promise<number> => (await owner.query(`select from pg_locks where locktype = 'advisory' and objid = ${gate} and not granted`)).rowCount ?? 0;
    await until(waiting, (count) => count > 0, 30_000);
    for (const worker of workers.splice(0)) {
      worker.kill('SIGKILL');
      await worker.ended();
    }
    await owner.query('select pg_advisory_unlock($1)', [gate]);
    await tenant.request('POST', '/contacts', { email: 'late@example.com', country: 'Chad' });
    await startWorkers(2);
    for (const id of [france, chad]) await fresh(id);
    await checkSettled(tenant, [france, chad]);
    expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
    process.stdout.write('runs: 2 workers on Redis killed in a refresh\n');
    for (const worker of workers.splice(0)) await worker.stop();
  }, 180_000);
});
