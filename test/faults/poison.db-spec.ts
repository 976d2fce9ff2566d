import type pg from 'pg';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { type Faults, faultsOf, withoutSavepoints, withStatements } from '../support/broken-build.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled } from '../support/settled.js';

interface Segment { id: string; contactCount: number; freshness: string; refreshError: string | null; lastRefresh: { mode: string; added: number } | null }
interface Failure { segmentId: string; error: string; waits: number }

const one = (condition: object): object => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] });
const scoreAbove = (value: number): object => one({ field: 'contact.lead_score', operator: 'greater_than', value });
const openedOften = one({ event: 'opened', measure: 'distinct_days', count: { operator: 'less_than', value: 100 } });
const people = Array.from({ length: 10 }, (_, n) => `p${n}@example.com`);
const good = 50;
const minute = 60;

/** The limits of a cycle's statements, in seconds instead of minutes; half of one is enough for those of the good. */
const shortLimits = (text: string): string =>
  text.replaceAll(/(statement_timeout = )(\d+)/g, (_, set: string, ms: string) => `${set}${Number(ms) < 10_000 ? ms : Math.max(500, Math.ceil(Number(ms) / 180))}`);

/** Test 24: one segment takes longer than any statement may, among fifty good ones that share their statements with it. */
describe('A segment whose evaluation never ends in time', () => {
  let service: TestService;
  let owner: pg.Client;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-05-01T12:00:00Z');
    owner = await service.owner();
  });
  afterEach(async () => { await owner.query('drop policy if exists slow on contact_event'); });
  afterAll(async () => {
    await service.stop();
  });

  const make = async (name: string, rules: object): Promise<string> => (await tenant.request<Segment>('POST', '/segments', { name, type: 'dynamic', rules })).body.id;
  const scored = async (score: number): Promise<void> => { await tenant.request('POST', '/contacts/batch', { contacts: people.map((email) => ({ email, leadScore: score })) }); };
  const cycle = async (): Promise<void> => { await withStatements(shortLimits, async () => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); }); };
  const read = async (id: string): Promise<Segment> => (await tenant.request<Segment>('GET', `/segments/${id}`)).body;
  /** What failed, the latest last, and how many seconds each waits for its next try. */
  const failures = async (): Promise<Failure[]> => (await owner.query<Failure>(`
    select segment_id as "segmentId", error, round(extract(epoch from retry_at - clock_timestamp()))::int as waits
    from segment_refresh where tenant_id = $1 and status = 'failed' order by id`, [tenant.id])).rows;
  /** By real time, of which the test has less. */
  const waitForRetry = async (): Promise<void> => {
    await owner.query(`update segment_refresh set retry_at = clock_timestamp() where tenant_id = $1 and retry_at is not null`, [tenant.id]);
  };

  const poisonOne = async (): Promise<Faults> => await faultsOf(async () => {
    tenant = await service.tenant();
    await scored(0);
    await tenant.request('POST', '/events/batch', { events: people.flatMap((email) => Array.from({ length: 20 }, (_, n) => ({ id: `${email} ${n}`, type: 'opened', email, occurredAt: `2026-04-${10 + n}T00:00:00Z` }))) });
    const ids: string[] = [];
    for (let n = 0; n < good; n += 1) ids.push(await make(`above ${n}`, scoreAbove(n)));
    const poisoned = await make('opened on few days', openedOften);
    await cycle();
    await checkSettled(tenant, [...ids.slice(0, 3), poisoned]);
    const expectGood = async (count: number, last: object): Promise<void> => {
      for (const id of ids) expect(await read(id)).toMatchObject({ freshness: 'fresh', contactCount: count, lastRefresh: { mode: 'incremental', ...last } });
    };
    // Of its events each takes 20 ms to read, 4 s in all.
    await owner.query(`create policy slow on contact_event as restrictive using (tenant_id <> '${tenant.id}' or pg_sleep(0.02)::text = '')`);

    await scored(60);
    await cycle();
    await expectGood(10, { added: 10 });
    expect(await read(poisoned)).toMatchObject({ freshness: 'failed', contactCount: 10, refreshError: 'A statement passed its time limit.' });
    const { items: jobs } = (await tenant.request<{ items: object[] }>('GET', '/jobs?status=failed&limit=100')).body;
    expect(jobs).toEqual([expect.objectContaining({ kind: 'refresh', segmentId: poisoned, error: 'A statement passed its time limit.' })]);
    // It waits for its time, however often the others are looked at.
    for (const score of [0, 60]) {
      await scored(score);
      await cycle();
      await expectGood(score === 0 ? 0 : 10, score === 0 ? { added: 0 } : { added: 10 });
    }
    expect(await failures()).toHaveLength(1);
    // And then for twice as long.
    for (const [tries, minutes] of [[2, 2], [3, 4]] as const) {
      await waitForRetry();
      await cycle();
      const all = await failures();
      expect(all).toHaveLength(tries);
      expect(all.every(({ segmentId, error }) => segmentId === poisoned && error === 'A statement passed its time limit.')).toBe(true);
      expect(all.at(-1)!.waits).toBeGreaterThan((minutes - 0.5) * minute);
      expect(all.at(-1)!.waits).toBeLessThanOrEqual(minutes * minute);
    }

    await owner.query('drop policy slow on contact_event');
    await waitForRetry();
    await cycle();
    expect(await read(poisoned)).toMatchObject({ freshness: 'fresh', contactCount: 10, refreshError: null });
    await checkSettled(tenant, [...ids, poisoned]);
  });

  it('fails alone and visibly, is tried again later each time, and heals when the cause is gone', async () => {
    expect(await poisonOne()).toEqual([]);
    process.stdout.write('runs: 7 cycles with a segment that does not end in time\n');
  }, 240_000);

  it('takes the others along, as this test sees, in a build without savepoints', async () => {
    expect(await withStatements(withoutSavepoints, poisonOne)).toEqual([expect.stringContaining('savepoint')]);
  }, 120_000);

  it('or that the database refuses fails in the same way, at the first cycle and at every later one', async () => {
    tenant = await service.tenant();
    const ids: string[] = [];
    for (let n = 0; n < 13; n += 1) ids.push(await make(`above ${n}`, scoreAbove(n)));
    await cycle();
    const poisoned = ids[7]!;
    await owner.query('create function poison() returns trigger language plpgsql as $$ begin raise exception \'poisoned\'; end $$');
    // DDL takes no parameters; the id is one that the service has made.
    await owner.query(`create trigger poison before insert on segment_member for each row when (new.segment_id = '${poisoned}') execute function poison()`);
    for (const [score, count] of [[50, 10], [0, 0]] as const) {
      await scored(score);
      await cycle();
      for (const id of ids) {
        expect(await read(id)).toMatchObject(id === poisoned ? { freshness: 'failed', contactCount: 0, refreshError: 'The database refused a statement (P0001).' } : { freshness: 'fresh', contactCount: count });
      }
    }
    await owner.query('drop trigger poison on segment_member');
    await scored(50);
    await tenant.request('POST', `/segments/${poisoned}/refresh`, {});
    await cycle();
    for (const id of ids) expect(await read(id)).toMatchObject({ freshness: 'fresh', contactCount: 10 });
  });
});
