import pg from 'pg';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

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

  it('keeps no other tenant\'s preview waiting behind all of its own', async () => {
    const [greedy, other] = [await service.tenant(), await service.tenant('Other')];
    await owner.query('begin');
    await owner.query('lock table contact_engagement in access exclusive mode');
    const ended: string[] = [];
    const ask = async (tenant: TestTenant, whose: string): Promise<number> => {
      const { status } = await tenant.request('POST', '/segments/preview', { rules });
      ended.push(whose);
      return status;
    };
    const asked = Array.from({ length: previews }, async () => await ask(greedy, 'greedy'));
    await until(async () => (await owner.query('select 1 from pg_locks where not granted')).rowCount ?? 0, (count) => count >= 5);
    // Keys are looked up in the order of the requests: once these are answered, the greedy tenant's previews stand in the row.
    for (let n = 0; n < 5; n += 1) expect((await other.request('GET', '/segments')).status).toBe(200);
    const one = ask(other, 'other');
    for (let n = 0; n < 5; n += 1) expect((await other.request('GET', '/segments')).status).toBe(200);
    expect(ended).toEqual([]);
    await owner.query('rollback');
    expect(new Set(await Promise.all([one, ...asked]))).toEqual(new Set([200]));
    // It begins when the first of those that hold a connection ends; by then those beside it are few.
    expect(ended.indexOf('other')).toBeLessThan(previews / 2);
  });
});

/** The same where launches are wanted meanwhile: of another tenant, and of the one that asks. */
describe('A launch beside more slow questions than there are connections', () => {
  const inFrance = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };
  const openers = { match: 'all', groups: [{ match: 'all', conditions: [{ event: 'opened', window: { last: 30, unit: 'days' } }] }] };
  const place = 12;
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService();
    owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await service.stop();
  });

  it('goes through, its segments made fresh, while they wait', async () => {
    await service.clock('2026-05-01T12:00:00Z');
    const tenants = [await service.tenant('Greedy'), await service.tenant('Other')] as const;
    const campaigns = [];
    for (const tenant of tenants) {
      await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })) });
      const { body: { id: segmentId } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules: inFrance });
      const { body: { id } } = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Spring' });
      await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ segmentId }], holdoutPercent: 10 });
      campaigns.push({ tenant, id });
    }
    const [greedy] = tenants;
    await greedy.request('POST', '/events/batch', { events: [{ id: 'e', type: 'opened', email: 'p0@example.com', occurredAt: '2026-05-01T11:00:00Z' }] });
    // Whoever reads an event of this tenant waits until the owner lets go of the lock; nobody else does.
    await owner.query(`create function wait_here() returns boolean language plpgsql volatile as $$ begin perform pg_advisory_xact_lock_shared(${place}); return true; end $$`);
    await owner.query(`create policy wait_here on contact_event as restrictive using (tenant_id <> '${greedy.id}' or wait_here())`);
    await owner.query('select pg_advisory_lock($1)', [place]);
    const asked = Array.from({ length: previews }, async () => (await greedy.request('POST', '/segments/preview', { rules: openers })).status);
    await until(async () => (await owner.query('select 1 from pg_locks where not granted')).rowCount ?? 0, (count) => count >= 5);
    const took: number[] = [];
    for (const { tenant, id } of campaigns) {
      const begun = performance.now();
      // Whoever was written just before is in it.
      expect((await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'late@example.com', country: 'France' }] })).status).toBe(200);
      const { status, body } = await tenant.request<{ status: string; waterfall: { included: number } }>('POST', `/campaigns/${id}/launch`, {});
      expect([status, body.status, body.waterfall.included]).toEqual([200, 'launched', 21]);
      const { body: { items } } = await tenant.request<{ items: { email: string }[] }>('GET', `/campaigns/${id}/recipients?limit=1000`);
      expect(new Set(items.map(({ email }) => email)).size).toBe(21);
      took.push(performance.now() - begun);
    }
    expect((await owner.query('select 1 from pg_locks where not granted')).rowCount).toBeGreaterThanOrEqual(5);
    await owner.query('select pg_advisory_unlock($1)', [place]);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    process.stdout.write(`runs: ${previews} slow previews of one tenant, launches of its own ${Math.round(took[0]!)} ms, of another ${Math.round(took[1]!)} ms\n`);
  }, 60_000);
});
