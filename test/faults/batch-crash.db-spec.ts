import type pg from 'pg';
import { apart, type Faults, faultsOf, withStatements } from '../support/broken-build.js';
import { engagementFaults } from '../support/derived-faults.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';

const now = '2026-05-01T12:00:00.000Z';
const addresses = Array.from({ length: 30 }, (_, n) => `p${n}@example.com`);
const types = ['sent', 'opened', 'clicked', 'converted', 'unsubscribed'];

interface Answer { status: number; type: unknown; body: Record<string, unknown> }

/** What a batch may leave behind: half of the contacts are there before it, in another zone and with events. */
describe('A batch whose request is killed at any statement', () => {
  let service: TestService;
  let owner: pg.Client;
  let killer: StatementKiller;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(now);
    owner = await service.owner();
    killer = await StatementKiller.open(service.databaseUrl);
  });
  afterAll(async () => {
    await killer.close();
    await service.stop();
  });

  /** Without a socket between, so that the statements of this request and of no other are counted. */
  const post = async (tenant: TestTenant, path: string, payload: object): Promise<Answer> => {
    const answer = await service.service.app.inject({ method: 'POST', url: `/api/v1/${path}`, headers: { authorization: `Bearer ${tenant.apiKey}` }, payload });
    return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json() };
  };

  /** All that the tenant's batches have written, and which contacts a refresh would look at, how often. */
  const stored = async (tenant: TestTenant): Promise<object[]> => (await owner.query<object>(`
    select c.email, c.country, c.zone, c.subscription_status,
      (select array_agg(on_day::text) from contact_date d where d.tenant_id = c.tenant_id and d.contact_id = c.id) as dates,
      (select array_agg(e.id order by e.id) from contact_event e where e.tenant_id = c.tenant_id and e.contact_id = c.id) as events,
      (select count(*)::int from contact_change n where n.tenant_id = c.tenant_id and n.contact_id = c.id) as noted
    from contact c where c.tenant_id = $1 order by c.email`, [tenant.id])).rows;

  const prepared = async (): Promise<TestTenant> => {
    const tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'renewal', label: 'Renewal', type: 'date' });
    await tenant.request('POST', '/contacts/batch', { contacts: addresses.slice(0, 15).map((email) => ({ email, country: 'Peru', timezone: 'UTC' })) });
    await tenant.request('POST', '/events/batch', {
      events: addresses.slice(0, 15).map((email, n) => ({ id: `before ${n}`, type: 'opened', email, occurredAt: '2026-04-20T23:30:00Z' })),
    });
    return tenant;
  };

  const contacts = { contacts: addresses.map((email) => ({ email, country: 'Chad', timezone: 'Asia/Tokyo', customFields: { renewal: '2026-09-01' } })) };
  const events = {
    events: addresses.flatMap((email, n) => types.slice(0, 1 + n % types.length).map((type, at) =>
      ({ id: `${type} ${n}`, type, email, occurredAt: `2026-04-${10 + at}T0${n % 10}:00:00Z`, ...(type === 'converted' ? { revenue: 9.5 } : {}) }))),
  };

  interface Batch { path: string; body: object; first: object; again: object }
  const batches: Batch[] = [
    { path: 'contacts/batch', body: contacts, first: { created: 15, updated: 15, failed: [] }, again: { created: 0, updated: 30, failed: [] } },
    { path: 'events/batch', body: events, first: { accepted: events.events.length, duplicates: 0, failed: [] }, again: { accepted: 0, duplicates: events.events.length, failed: [] } },
  ];

  /** Kills it at one statement after the other, until it has done so often enough, and for so long; how often it did. */
  const killEach = async ({ path, body, first, again }: Batch, least: number, forMs: number): Promise<number> => {
    const begun = performance.now();
    let kills = 0;
    // The first is not killed: it counts. Then from the last statement on, since what writes comes last.
    for (let nth = Infinity; nth > 0 && (kills < least || performance.now() - begun < forMs);) {
      const tenant = await prepared();
      if (path === 'events/batch') await post(tenant, 'contacts/batch', contacts);
      const before = await stored(tenant);
      let answer: Answer | undefined;
      const { sent } = await killer.at(nth, async () => { answer = await post(tenant, path, body); });
      if (nth <= sent) {
        kills += 1;
        expect({ nth, ...answer }).toMatchObject({ nth, status: 503, type: 'application/problem+json; charset=utf-8', body: { type: '/problems/unavailable' } });
        expect({ nth, stored: await stored(tenant) }).toEqual({ nth, stored: before });
        expect(await engagementFaults(owner, tenant.id)).toBe(0);
        answer = await post(tenant, path, body);
      }
      expect({ nth, ...answer }).toMatchObject({ nth, status: 200, body: first });
      const after = await stored(tenant);
      expect(await engagementFaults(owner, tenant.id)).toBe(0);
      expect(after).toHaveLength(addresses.length);
      const changed = addresses.filter((email) => !same(rowOf(before, email), rowOf(after, email)));
      expect(changed).toEqual(addresses);
      for (const email of changed) expect([email, notes(after, email) - notes(before, email)]).toEqual([email, 1]);
      // Whoever lost the answer sends once more.
      expect(await post(tenant, path, body)).toMatchObject({ status: 200, body: again });
      expect(await stored(tenant)).toEqual(after);
      expect(await engagementFaults(owner, tenant.id)).toBe(0);
      nth = Math.min(nth, sent + 1) - 1;
    }
    return kills;
  };

  it.each(batches)('leaves nothing or all of it, and sent again stores each row once: $path', async (batch) => {
    const kills = await killEach(batch, 3, budget);
    process.stdout.write(`runs: ${kills} requests of ${batch.path} killed, each at another statement\n`);
    expect(kills).toBeGreaterThan(2);
  }, 300_000);

  it.each(batches)('would leave a part of it in a build that commits statement by statement: $path', async (batch) => {
    const found = async (kills: number): Promise<Faults> => await withStatements(apart, async () => await faultsOf(async () => await killEach(batch, kills, 0)));
    // Let be, it does what it should.
    expect(await found(0)).toEqual([]);
    expect(await found(30)).not.toEqual([]);
  }, 120_000);
});

const rowOf = (rows: readonly object[], email: string): object | undefined => rows.find((row) => (row as { email: string }).email === email);
const notes = (rows: readonly object[], email: string): number => (rowOf(rows, email) as { noted: number } | undefined)?.noted ?? 0;
const same = (one: object | undefined, other: object | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);
