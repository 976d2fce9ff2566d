import { setTimeout as after } from 'node:timers/promises';
import type pg from 'pg';
import type { JobHandler, JobPayload, Queue } from '../../src/queues/index.js';
import { type Faults, faultsOf, unlocked, withStatements } from '../support/broken-build.js';
import { historyFaults } from '../support/derived-faults.js';
import { describeOnEachQueue } from '../support/each-queue.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService } from '../support/service.js';
import { checkSettled } from '../support/settled.js';

const inCountry = (value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value }] }] });
const countries = ['France', 'Chad', 'Peru', 'Canada'];

/** Test 16: a queue promises that a job is run at least once. Here each is run again, at the same time or in the middle, and then once more. */
describeOnEachQueue('Jobs that are delivered three times', (queue) => {
  const { define } = queue.adapter;
  let store: Awaited<ReturnType<typeof queue.start>>;
  let service: TestService;
  let owner: pg.Client;
  let delivered = 0;

  beforeAll(async () => {
    queue.adapter.define = function thrice<Payload extends JobPayload>(this: Queue, kind: string, handler: JobHandler<Payload>): void {
      define.call<Queue, [string, JobHandler<Payload>], void>(this, kind, async (payload, job) => {
        delivered += 1;
        // What one of them throws is the job's failure; the others go on as those of other processes would.
        await Promise.all([handler(payload, job), after(delivered % 5 * 25).then(async () => { await handler(payload, job); })]);
        await handler(payload, job);
      });
    };
    store = await queue.start();
    service = await startTestService(store.env);
    owner = await service.owner();
  });
  afterAll(async () => {
    queue.adapter.define = define;
    await service.stop();
    await store.stop();
  });

  const refreshAndLaunch = async (): Promise<Faults> => await faultsOf(async () => {
    await service.clock('2026-05-01T12:00:00Z');
    const tenant = await service.tenant();
    const move = async (turn: number): Promise<void> => {
      await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 40 }, (_, n) => ({ email: `p${n}@example.com`, country: countries[(n + turn) % 4] })) });
    };
    await move(0);
    const ids: string[] = [];
    for (const country of countries) ids.push((await tenant.request<{ id: string }>('POST', '/segments', { name: country, type: 'dynamic', rules: inCountry(country) })).body.id);
    const fresh = async (): Promise<boolean> => (await Promise.all(ids.map(async (id) => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness))).every((one) => one === 'fresh');
    for (let turn = 1; turn <= 6; turn += 1) {
      await until(fresh, (is) => is, 30_000);
      await move(turn);
      await tenant.request('POST', `/segments/${ids[turn % 4]}/refresh`, { mode: 'full' });
    }
    await until(fresh, (is) => is, 30_000);
    await checkSettled(tenant, ids);
    const { rows } = await owner.query<{ status: string; added: string; removed: string }>(
      'select status, sum(added) as added, sum(removed) as removed from segment_refresh where tenant_id = $1 group by status', [tenant.id]);
    // Each of the four has ten first, and in each of six turns another ten for them.
    expect(rows).toEqual([{ status: 'succeeded', added: '280', removed: '240' }]);
    expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);

    const campaign = (await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Spring' })).body.id;
    await tenant.request('PUT', `/campaigns/${campaign}/audience`, { include: [{ segmentId: ids[0] }] });
    await tenant.request('POST', `/campaigns/${campaign}/launch`, { at: '2026-05-02T12:00:00Z' });
    await service.clock('2026-05-02T12:00:00Z');
    await until(async () => (await tenant.request<{ status: string }>('GET', `/campaigns/${campaign}`)).body.status, (status) => status === 'launched', 30_000);
    const { rows: recipients } = await owner.query<{ all: number; each: number }>(
      'select count(*)::int as all, count(distinct contact_id)::int as each from campaign_recipient where campaign_id = $1', [campaign]);
    expect(recipients).toEqual([{ all: 10, each: 10 }]);
  });

  it('have their effect once: each refresh moves whom it moves, and a launch has each recipient', async () => {
    expect(await refreshAndLaunch()).toEqual([]);
    process.stdout.write(`runs: ${delivered} jobs delivered three times by ${queue.on}\n`);
  }, 180_000);

  if (queue.on === 'PostgreSQL') it('have another, as this test sees, in a build that lets two cycles of a tenant run', async () => {
    let faults: Faults = [];
    // The faster the machine, the rarer do two of them meet: of a cycle of 10 ms those do that are run at the same moment.
    for (let tries = 0; tries < 10 && faults.length === 0; tries += 1) faults = await withStatements(unlocked, refreshAndLaunch);
    expect(faults).toHaveLength(1);
  }, 300_000);
});
