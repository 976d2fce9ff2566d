import type pg from 'pg';
import { type Faults, faultsOf } from '../support/broken-build.js';
import { historyFaults } from '../support/derived-faults.js';
import { describeOnEachQueue } from '../support/each-queue.js';
import { type Gate, makeGate } from '../support/gate.js';
import { until } from '../support/queue-contract.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled, checkWhole } from '../support/settled.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };
/** Two seconds: a session that says nothing for so long is ended by the server. */
const limits = { DATABASE_STATEMENT_SECONDS: '2' };

/** A worker that is frozen in the middle of a refresh, past its heartbeat and its lock, and thawed when another has done its work. */
describeOnEachQueue('A worker that is frozen in a refresh', (queue) => {
  let store: Awaited<ReturnType<typeof queue.start>>;
  let service: TestService;
  let owner: pg.Client;
  let gate: Gate;
  let tenant: TestTenant;
  const workers: ServiceProcess[] = [];

  const startWorker = async (nodeOptions: readonly string[] = []): Promise<ServiceProcess> => {
    const worker = await startServiceProcess({ DATABASE_URL: service.databaseUrl, ROLE: 'worker', LOG_LEVEL: 'silent', ...limits, ...store.env }, nodeOptions);
    workers.push(worker);
    return worker;
  };

  beforeAll(async () => {
    store = await queue.start();
    service = await startTestService({ ROLE: 'api', CLOCK: 'system', ...limits, ...store.env });
    owner = await service.owner();
    gate = await makeGate(owner);
  }, 60_000);
  beforeEach(async () => { tenant = await service.tenant(); });
  afterEach(async () => {
    for (const worker of workers.splice(0)) {
      worker.kill('SIGKILL');
      await worker.ended();
    }
  });
  afterAll(async () => {
    await service.stop();
    await store.stop();
  }, 60_000);

  /** How it goes on where a worker of such a build is frozen, and another has so long to take over. */
  const freezeAndThaw = async (build: readonly string[], withinMs: number): Promise<Faults> => await faultsOf(async () => {
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: n < 12 ? 'France' : 'Chad' })) });
    await gate.shut();
    const frozen = await startWorker(build);
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules });
    await until(gate.waiting, (count) => count > 0, 30_000);
    frozen.kill('SIGSTOP');
    // Its statement ends well, but there is nobody to commit it.
    await gate.open();
    const other = await startWorker();
    const freshness = async (): Promise<string> => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness;
    await until(freshness, (now) => now === 'fresh', withinMs);
    await checkSettled(tenant, [id]);
    frozen.kill('SIGCONT');
    // What it was at it does not go on with; it takes part again, alone now.
    other.kill('SIGKILL');
    await other.ended();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'p0@example.com', country: 'Chad' }, { email: 'p19@example.com', country: 'France' }] });
    const count = async (): Promise<string> => {
      const { body: { items } } = await tenant.request<{ items: { email: string }[] }>('GET', `/segments/${id}/contacts?limit=100`);
      return items.some(({ email }) => email === 'p19@example.com') && !items.some(({ email }) => email === 'p0@example.com') ? 'moved' : 'not yet';
    };
    await until(count, (now) => now === 'moved', 60_000);
    await checkWhole(tenant, [id]);
    const { body: { items } } = await tenant.request<{ items: { status: string; added: number; removed: number }[] }>('GET', `/segments/${id}/refreshes?limit=100`);
    const done = items.filter(({ status }) => status === 'succeeded');
    // Twelve entered once, then one more and one less.
    expect(done.reduce((sum, { added }) => sum + added, 0)).toBe(13);
    expect(done.reduce((sum, { removed }) => sum + removed, 0)).toBe(1);
    // The one that was lost has its end.
    expect(items.filter(({ status }) => status === 'running')).toEqual([]);
    expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
  });

  it('writes nothing when it is thawed: the server has ended its session, and whoever came next did the work once', async () => {
    expect(await freezeAndThaw([], 60_000)).toEqual([]);
    process.stdout.write(`runs: 1 worker with its queue on ${queue.on} frozen in a refresh and thawed\n`);
  }, 240_000);

  if (queue.on === 'PostgreSQL') it('holds up everybody, as this test sees, in a build whose sessions may be silent for ever', async () => {
    expect(await freezeAndThaw(['--import', './test/support/unfenced.mjs'], 20_000)).toEqual([expect.stringContaining('after 20000 ms')]);
  }, 120_000);
});
