import pg from 'pg';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService } from '../support/service.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.total_opens', operator: 'less_than', value: 3 }] }] };
const previews = 100;

/** Test 12: previews that take seconds, many times as many as there are connections. */
describe('A tenant that asks more slow questions than there are connections', () => {
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.query('rollback');
    await owner.end();
    await service.stop();
  });

  it('waits for them itself: another tenant writes and reads members meanwhile, and the service is ready', async () => {
    const [greedy, other] = [await service.tenant(), await service.tenant('Other')];
    const { body: list } = await other.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static', contactIds: [] });
    // Previews read the figures, and wait here; a contact is made without.
    await owner.query('begin');
    await owner.query('lock table contact_engagement in access exclusive mode');
    const asked = Array.from({ length: previews }, async () => (await greedy.request('POST', '/segments/preview', { rules })).status);
    await until(async () => (await owner.query('select 1 from pg_locks where not granted')).rowCount ?? 0, (count) => count >= 5);
    let slowest = 0;
    for (let n = 0; n < 10; n += 1) {
      const begun = performance.now();
      expect((await other.request('POST', '/contacts/batch', { contacts: [{ email: `p${n}@example.com` }] })).status).toBe(200);
      expect((await other.request('GET', `/segments/${list.id}/contacts`)).status).toBe(200);
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - begun);
    }
    await owner.query('rollback');
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    process.stdout.write(`runs: ${previews} slow previews of one tenant, requests of another ${Math.round(slowest)} ms at most\n`);
  });
});
