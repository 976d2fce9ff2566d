import type { Socket } from 'node:net';
import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { historyFaults } from '../support/derived-faults.js';
import { describeOnEachQueue } from '../support/each-queue.js';
import { type Gate, makeGate } from '../support/gate.js';
import { endTogether, type Proxy, startProxy } from '../support/proxy.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget } from '../support/runs.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled, checkWhole } from '../support/settled.js';

interface Refresh { status: string; error: string | null; added: number | null }

const inCountry = (value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value }] }] });
/** Half for each of the two queues. */
const budget = faultsBudget / 2;
const lost = 'The worker ended in the middle; it is tried again.';

/** Test 1 with a process: `kill -9` at a message of its cycle to the database, the beginning and the commit among them, and inside a statement. */
describeOnEachQueue('A worker that is killed in a refresh', (queue) => {
  let store: Awaited<ReturnType<typeof queue.start>>;
  let service: TestService;
  let owner: pg.Client;
  let tenant: TestTenant;
  let proxy: Proxy;
  let gate: Gate;
  const workers: ServiceProcess[] = [];
  /** Messages to the database since the worker asked for the lock of a cycle, and the one that does not arrive. */
  let [sent, fatal] = [0, Infinity];
  let cycling = false;

  const watch = (from: Socket, to: Socket): void => {
    endTogether(from, to);
    from.on('data', (data) => {
      if (data.includes('pg_try_advisory_lock(')) cycling = true;
      if (cycling) sent += 1;
      if (sent < fatal) to.write(data);
      else for (const worker of workers) worker.kill('SIGKILL');
    });
    to.on('data', (data) => { from.write(data); });
  };
  const killAt = (nth: number): void => { [sent, fatal, cycling] = [0, nth, false]; };
  const startWorker = async (): Promise<void> => {
    workers.push(await startServiceProcess({ DATABASE_URL: proxy.url, ROLE: 'worker', LOG_LEVEL: 'silent', ...store.env }));
  };
  const killWorkers = async (): Promise<void> => {
    for (const worker of workers) worker.kill('SIGKILL');
    for (const worker of workers.splice(0)) await worker.ended();
  };
  const refreshesOf = async (id: string): Promise<Refresh[]> => (await tenant.request<{ items: Refresh[] }>('GET', `/segments/${id}/refreshes?limit=1000`)).body.items;
  const isFresh = async (ids: readonly string[]): Promise<boolean> => {
    const all = await Promise.all(ids.map(async (id) => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness));
    return all.every((freshness) => freshness === 'fresh');
  };
  const make = async (name: string, country: string): Promise<string> =>
    (await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules: inCountry(country) })).body.id;

  /** Kills all workers there are while one makes members of a new segment, and the gate stays shut. */
  const killInsideStatement = async (): Promise<string> => {
    await gate.shut();
    for (let at = 0; at < 2; at += 1) await startWorker();
    const segment = await make('France', 'France');
    await until(gate.waiting, (count) => count > 0, 30_000);
    await killWorkers();
    return segment;
  };

  beforeAll(async () => {
    store = await queue.start();
    service = await startTestService({ ROLE: 'api', CLOCK: 'system', ...store.env });
    owner = await service.owner();
    gate = await makeGate(owner);
    proxy = await startProxy(service.databaseUrl, watch);
  }, 60_000);
  beforeEach(async () => {
    killAt(Infinity);
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: n % 2 === 0 ? 'France' : 'Canada' })) });
  });
  afterEach(killWorkers);
  afterAll(async () => {
    await proxy.close();
    await service.stop();
    await store.stop();
  }, 60_000);

  it('at any message leaves the members before or after, and who comes next brings them up to date', async () => {
    const made = [await make('France', 'France'), await make('Canada', 'Canada'), await make('Chad', 'Chad')];
    await startWorker();
    await until(async () => await isFresh(made), (fresh) => fresh, 30_000);
    const begun = performance.now();
    let [kills, messages, failed, longest] = [0, Infinity, 0, 0];
    // The first is let be: it counts.
    for (let turn = 0, first = randomInt(1000); turn === 0 || (turn <= messages && (kills === 0 || performance.now() - begun < budget)); turn += 1) {
      // By steps of the golden section: however few there are, they are spread.
      killAt(turn === 0 ? Infinity : 1 + (first + Math.round(turn * messages * 0.618)) % messages);
      await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 10 }, (_, n) => ({ email: `p${n * 2}@example.com`, country: turn % 2 === 0 ? 'Chad' : 'France' })) });
      const fresh = await make(`fresh ${turn}`, 'Chad');
      await tenant.request('POST', `/segments/${made[1]}/refresh`, { mode: 'full' });
      const killed = workers[0]!.ended().then(() => true);
      const settled = until(async () => await isFresh([...made, fresh]), (is) => is, 60_000).then(() => false, () => false);
      if (await Promise.race([killed, settled])) {
        const killedAt = performance.now();
        kills += 1;
        killAt(Infinity);
        await killWorkers();
        await checkWhole(tenant, made);
        await startWorker();
        await settled;
        longest = Math.max(longest, performance.now() - killedAt);
      }
      if (turn === 0) messages = sent;
      await checkSettled(tenant, [...made, fresh]);
      const ended = (await Promise.all([...made, fresh].map(refreshesOf))).flat();
      expect(ended.filter(({ status, error }) => status === 'failed' && error !== lost)).toEqual([]);
      failed = ended.filter(({ status }) => status === 'failed').length;
      expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
      await tenant.request('DELETE', `/segments/${fresh}`);
    }
    process.stdout.write(`runs: ${kills} workers with their queue on ${queue.on} killed in a refresh, each at another of its ${messages} messages; ${failed} refreshes told of it; up to date again after ${(longest / 1000).toFixed(1)} s at most\n`);
    expect(kills).toBeGreaterThanOrEqual(1);
  }, 600_000);

  // Until the queue misses a worker it takes ten seconds and more: one of these on each.
  if (queue.on === 'PostgreSQL') it('inside a statement leaves nothing of it, a refresh that says so, and one that is tried again', async () => {
    const france = await killInsideStatement();
    expect((await refreshesOf(france)).map(({ status }) => status)).toEqual(['running']);
    // Its statement ends well, but there is nobody to commit it.
    await gate.open();
    await startWorker();
    await until(async () => await isFresh([france]), (fresh) => fresh, 60_000);
    await checkSettled(tenant, [france]);
    const refreshes = await refreshesOf(france);
    expect(refreshes.map(({ status, error, added }) => ({ status, error, added })).filter(({ status, added }) => status === 'failed' || added !== 0)).toEqual([
      { status: 'succeeded', error: null, added: 10 }, { status: 'failed', error: lost, added: null },
    ]);
    expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
    process.stdout.write(`runs: 2 workers with their queue on ${queue.on} killed inside a statement of a refresh\n`);
  }, 120_000);

  if (queue.on === 'Redis') it('is said to have ended in the middle though no worker is left, and goes on as soon as one is', async () => {
    const france = await killInsideStatement();
    const told = await until(async () => await refreshesOf(france), ([last]) => last?.status !== 'running', 60_000);
    expect(told).toMatchObject([{ status: 'failed', error: lost }]);
    expect((await tenant.request('GET', `/segments/${france}`)).body).toMatchObject({ freshness: 'failed', refreshError: lost });
    await gate.open();
    await startWorker();
    await until(async () => await isFresh([france]), (fresh) => fresh, 30_000);
    await checkSettled(tenant, [france]);
    expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
    process.stdout.write(`runs: 2 workers with their queue on ${queue.on} killed inside a statement of a refresh, and no other there\n`);
  }, 150_000);
});
