import type pg from 'pg';
import { apart, type Faults, faultsOf, withStatements } from '../support/broken-build.js';
import { engagementFaults } from '../support/derived-faults.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';

const now = '2026-05-01T12:00:00.000Z';
const types = ['sent', 'opened', 'clicked', 'converted', 'unsubscribed'];

interface Answer { status: number; type: unknown; body: Record<string, unknown> }
interface Batch { path: string; rows: number; addresses: string[]; body: object; first: object; again: object }
type Stored = ReadonlyMap<string, { noted: number }>;

const addressesOf = (people: number): string[] => Array.from({ length: people }, (_, n) => `p${n}@example.com`);
const contactsOf = (addresses: string[]): object => ({ contacts: addresses.map((email) => ({ email, country: 'Chad', timezone: 'Asia/Tokyo', customFields: { renewal: '2026-09-01' } })) });

function batchOfContacts(people: number): Batch {
  const addresses = addressesOf(people);
  return {
    path: 'contacts/batch', rows: people, addresses, body: contactsOf(addresses),
    first: { created: people / 2, updated: people / 2, failed: [] }, again: { created: 0, updated: people, failed: [] },
  };
}

/** Of everybody one to five. */
function batchOfEvents(people: number): Batch {
  const addresses = addressesOf(people);
  const events = addresses.flatMap((email, n) => types.slice(0, 1 + n % types.length).map((type, at) =>
    ({ id: `${type} ${n}`, type, email, occurredAt: `2026-04-${10 + at}T0${n % 10}:00:00Z`, ...(type === 'converted' ? { revenue: 9.5 } : {}) })));
  return {
    path: 'events/batch', rows: events.length, addresses, body: { events },
    first: { accepted: events.length, duplicates: 0, failed: [] }, again: { accepted: 0, duplicates: events.length, failed: [] },
  };
}

const batches = [batchOfContacts(30), batchOfEvents(30)];
/** As long as they may be: 10,000 contacts, and 10,000 events. In the long form only, at their last statement: by then all is written. */
const longest = budget < 25_000 ? [] : [batchOfContacts(10_000), batchOfEvents(3334)];

/** What a batch may leave behind: half of the contacts are there before it, in another zone and with events. */
describe('A batch whose request is killed at any statement', () => {
  let service: TestService;
  let owner: pg.Client;
  let killer: StatementKiller;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(now);
    owner = await service.owner();
    // It reads 10,000 rows that no statistics know of yet: one by one, that took most of a minute.
    await owner.query('set enable_nestloop = off');
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
  const stored = async (tenant: TestTenant): Promise<Stored> => new Map((await owner.query<{ email: string; noted: number }>(`
    select c.email, c.country, c.zone, c.subscription_status, d.dates, e.events, coalesce(n.noted, 0) as noted
    from contact c
    left join (select contact_id, array_agg(on_day::text order by on_day) as dates from contact_date where tenant_id = $1 group by 1) d on d.contact_id = c.id
    left join (select contact_id, array_agg(id order by id) as events from contact_event where tenant_id = $1 group by 1) e on e.contact_id = c.id
    left join (select contact_id, count(*)::int as noted from contact_change where tenant_id = $1 group by 1) n on n.contact_id = c.id
    where c.tenant_id = $1`, [tenant.id])).rows.map((row) => [row.email, row]));

  const prepared = async ({ addresses }: Batch): Promise<TestTenant> => {
    const tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'renewal', label: 'Renewal', type: 'date' });
    const there = addresses.slice(0, addresses.length / 2);
    await tenant.request('POST', '/contacts/batch', { contacts: there.map((email) => ({ email, country: 'Peru', timezone: 'UTC' })) });
    await tenant.request('POST', '/events/batch', { events: there.map((email, n) => ({ id: `before ${n}`, type: 'opened', email, occurredAt: '2026-04-20T23:30:00Z' })) });
    return tenant;
  };

  /** Kills it at one statement after the other, until it has done so often enough, and for so long; how often it did. */
  const killEach = async (batch: Batch, least: number, forMs: number): Promise<number> => {
    const { path, addresses, body, first, again } = batch;
    const begun = performance.now();
    let kills = 0;
    // The first is not killed: it counts. Then from the last statement on, since what writes comes last.
    for (let nth = Infinity; nth === Infinity || (nth > 0 && (kills < least || performance.now() - begun < forMs));) {
      const tenant = await prepared(batch);
      if (path === 'events/batch') await post(tenant, 'contacts/batch', contactsOf(addresses));
      const before = await stored(tenant);
      let answer: Answer | undefined;
      const { sent } = await killer.at(nth, async () => { answer = await post(tenant, path, body); });
      if (nth <= sent) {
        kills += 1;
        expect({ nth, ...answer }).toMatchObject({ nth, status: 503, type: 'application/problem+json; charset=utf-8', body: { type: '/problems/unavailable' } });
        expect({ nth, changed: changed(before, await stored(tenant)) }).toEqual({ nth, changed: [] });
        expect(await engagementFaults(owner, tenant.id)).toBe(0);
        answer = await post(tenant, path, body);
      }
      expect({ nth, ...answer }).toMatchObject({ nth, status: 200, body: first });
      const after = await stored(tenant);
      expect(await engagementFaults(owner, tenant.id)).toBe(0);
      expect(changed(before, after)).toEqual([...addresses].sort());
      expect(addresses.filter((email) => notes(after, email) - notes(before, email) !== 1)).toEqual([]);
      // Whoever lost the answer sends once more.
      expect(await post(tenant, path, body)).toMatchObject({ status: 200, body: again });
      expect(changed(after, await stored(tenant))).toEqual([]);
      expect(await engagementFaults(owner, tenant.id)).toBe(0);
      nth = Math.min(nth, sent + 1) - 1;
    }
    return kills;
  };

  it.each([...batches, ...longest])('leaves nothing or all of it, and sent again stores each row once: $path of $rows', async (batch) => {
    const [least, forMs] = longest.includes(batch) ? [1, 0] : [3, budget];
    const kills = await killEach(batch, least, forMs);
    process.stdout.write(`runs: ${kills} requests of ${batch.path} of ${batch.rows} killed, each at another statement\n`);
    expect(kills).toBeGreaterThanOrEqual(least);
  }, 300_000);

  it.each(batches)('would leave a part of it in a build that commits statement by statement: $path', async (batch) => {
    const found = async (kills: number): Promise<Faults> => await withStatements(apart, async () => await faultsOf(async () => await killEach(batch, kills, 0)));
    // Let be, it does what it should.
    expect(await found(0)).toEqual([]);
    expect(await found(30)).not.toEqual([]);
  }, 120_000);
});

const notes = (rows: Stored, email: string): number => rows.get(email)?.noted ?? 0;

/** The addresses whose rows are there once only, or other than before. */
function changed(before: Stored, after: Stored): string[] {
  const text = (rows: Stored, email: string): string => JSON.stringify(rows.get(email));
  return [...new Set([...before.keys(), ...after.keys()])].filter((email) => text(before, email) !== text(after, email)).sort();
}
