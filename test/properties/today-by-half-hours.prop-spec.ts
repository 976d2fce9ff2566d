import fc from 'fast-check';
import { RollupService } from '../../src/analytics/index.js';
import { hold } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { asOwner } from '../support/tenant-world.js';

const minute = 60_000;
const people = ['ann@example.com', 'bob@example.com', 'cid@example.com'];
/** Their days begin at midnight, five and a half hours before UTC's, and have an hour less or more. */
const days = fc.constantFrom(
  { zone: 'UTC', begin: '2026-03-10T00:00:00Z' }, { zone: 'Asia/Kolkata', begin: '2026-03-09T18:30:00Z' },
  { zone: 'Europe/Berlin', begin: '2026-03-28T23:00:00Z' }, { zone: 'Europe/Berlin', begin: '2026-10-24T22:00:00Z' },
);

const person = fc.constantFrom(...people);
/** Minutes before now: mostly as things come, some late, some of days before, some dated ahead. */
const ago = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 20 }) }, { weight: 3, arbitrary: fc.integer({ min: 0, max: 700 }) },
  fc.integer({ min: 1440, max: 3000 }), fc.integer({ min: -90, max: -1 }));
const event = fc.record({
  email: person, ago, type: fc.constantFrom('sent', 'delivered', 'opened', 'opened', 'opened', 'clicked', 'converted'),
  campaignId: fc.constantFrom('one', 'other', undefined, undefined), revenue: fc.constantFrom(undefined, 10.25),
});
const step = fc.record({
  minutes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 300 })),
  events: fc.array(event, { maxLength: 6 }),
  list: fc.option(fc.record({ email: person, adds: fc.boolean() }), { nil: undefined }),
  takesBack: fc.option(fc.nat(30), { nil: undefined, freq: 4 }),
  erases: fc.option(person, { nil: undefined, freq: 8 }),
  rolls: fc.boolean(),
});

/** What of today is rolled up by half hours is what the events say. */
describe('Today', () => {
  let service: TestService;
  // No worker: half hours are rolled up where the test says so.
  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });

  it('is the same from its half hours as from its events, whatever comes late, goes or is erased', async () => {
    const rollups = service.service.app.get(RollupService, { strict: false });
    let [compared, halfHours, made] = [0, 0, 0];

    /** The report as it comes, and as it is where no half hour is rolled up. */
    const bothWays = async (tenant: TestTenant, segment: string): Promise<[string, string]> => {
      const report = async (): Promise<string> => {
        const { status, body } = await tenant.request<{ days: object[]; allContacts: { totals: object } }>('GET', `/segments/${segment}/analytics`);
        if (status !== 200) throw new Error(JSON.stringify(body));
        return JSON.stringify([body.days.slice(-2), body.allContacts.totals]);
      };
      const stored = await report();
      compared += 1;
      return await asOwner(service.databaseUrl, async (owner) => {
        const { rows } = await owner.query<{ row: object }>(`delete from tenant_day t where tenant_id = $1 and part not in ('living', 'erased') returning to_jsonb(t) as row`, [tenant.id]);
        const live = await report();
        await owner.query('insert into tenant_day select r.* from jsonb_array_elements($1::jsonb) row, jsonb_populate_record(null::tenant_day, row) r', [JSON.stringify(rows.map(({ row }) => row))]);
        halfHours += rows.length;
        return [stored, live];
      });
    };

    await hold('today by half hours', fc.asyncProperty(days, fc.boolean(), fc.array(step, { minLength: 3, maxLength: 8 }), async ({ zone, begin }, nightly, steps) => {
      let now = Date.parse(begin) - 600 * minute;
      const at = async (moment: number): Promise<void> => { await service.clock(new Date(now = moment).toISOString()); };
      await at(now);
      const tenant = await service.tenant();
      const ids: string[] = [];
      await tenant.request('POST', '/contacts/batch', { contacts: people.map((email) => ({ email })) });
      await tenant.request('PUT', '/analytics/settings', { timezone: zone });
      const { body: { id: segment } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'list', type: 'static', emails: people.slice(0, 2) });
      await at(Date.parse(begin) + 10 * minute);
      if (nightly) await rollups.run(tenant.id, new Date(now));
      for (const { minutes, events, list, takesBack, erases, rolls } of steps) {
        await at(now + minutes * minute);
        const rows = events.map(({ ago: before, ...rest }) => ({ id: `e${made += 1}`, ...rest, occurredAt: new Date(now - before * minute).toISOString() }));
        ids.push(...rows.map(({ id }) => id));
        if (rows.length > 0) await tenant.request('POST', '/events/batch', { events: rows });
        if (list !== undefined) await tenant.request(list.adds ? 'POST' : 'DELETE', `/segments/${segment}/contacts`, { emails: [list.email] });
        if (takesBack !== undefined && ids[takesBack] !== undefined) await tenant.request('DELETE', `/events/${ids[takesBack]}`);
        if (erases !== undefined) {
          const { body: { items: [found] } } = await tenant.request<{ items: { id: string }[] }>('GET', `/contacts?email=${erases}`);
          if (found !== undefined) await tenant.request('DELETE', `/contacts/${found.id}`);
        }
        if (rolls) await rollups.runToday(tenant.id, new Date(now));
        const [stored, live] = await bothWays(tenant, segment);
        if (stored !== live) throw new Error(`${zone} ${begin} ${nightly ? 'after a nightly run' : ''}, at ${new Date(now).toISOString()} after ${JSON.stringify(steps)}: ${stored} is not ${live}`);
      }
    }), () => `${compared} reports, ${halfHours} half hours`);
    expect(halfHours).toBeGreaterThan(0);
  }, 600_000);
});
