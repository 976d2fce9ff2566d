import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { asOwner } from '../support/tenant-world.js';

interface Segment { freshness: string; lastRefreshedAt: string; pendingSince: string | null }

const inUs = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'US' }] }] };
const [filled, first, second, read] = ['2026-11-20T12:00:00.000Z', '2026-11-20T12:05:00.000Z', '2026-11-20T12:07:00.000Z', '2026-11-20T12:09:00.000Z'];

/** Nobody works the queue: cycles run when the test runs them. */
describe('What a segment says of how fresh it is', () => {
  let service: TestService;
  let tenant: TestTenant;
  let id: string;

  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock(filled);
    tenant = await service.tenant();
    id = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'US', type: 'dynamic', rules: inUs })).body.id;
    await cycle();
  });

  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  const segment = async (of = id): Promise<Segment> => (await tenant.request<Segment>('GET', `/segments/${of}`)).body;
  const changeAt = async (at: string): Promise<void> => {
    await service.clock(at);
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: `p${Date.parse(at)}@example.com`, country: 'US' }] });
  };
  const owned = async (...statements: string[]): Promise<void> => {
    await asOwner(service.databaseUrl, async (owner) => {
      await owner.query(`select set_config('app.tenant_id', $1, false)`, [tenant.id]);
      for (const statement of statements) await owner.query(statement);
    });
  };
  const lag = async (): Promise<number> =>
    Number(/^segments_change_lag_seconds (\S+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1]);

  it('is stale once time should have been looked at for a minute and no worker has come', async () => {
    await owned(`update segment_state set at = now() - interval '30 seconds'`);
    expect(await segment()).toMatchObject({ freshness: 'fresh', pendingSince: null });
    await owned(`update segment_state set at = now() - interval '90 seconds'`);
    expect(await segment()).toMatchObject({ freshness: 'stale', lastRefreshedAt: filled });
    expect((await tenant.request<{ items: Segment[] }>('GET', '/segments')).body.items).toMatchObject([{ freshness: 'stale' }]);
    await cycle();
    expect(await segment()).toMatchObject({ freshness: 'fresh' });
  });

  describe('whose refreshes fail', () => {
    beforeEach(async () => {
      await owned(
        `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$`,
        `create trigger refuse before insert on segment_member for each row when (new.segment_id = '${id}') execute function refuse()`,
      );
    });
    // What this tenant misses is no lag of the next one's.
    afterEach(async () => { await owned('drop function if exists refuse() cascade', 'update segment_state set owed_since = null'); });

    it('names the oldest change that it misses, however often it fails, and so does the lag of all segments', async () => {
      for (const at of [first, second]) {
        await changeAt(at);
        await tenant.request('POST', `/segments/${id}/refresh`, {});
        await cycle();
      }
      await service.clock(read);
      expect(await segment()).toMatchObject({ freshness: 'failed', lastRefreshedAt: filled, pendingSince: first });
      expect(await lag()).toBe(240);
      await owned('drop function refuse() cascade');
      await tenant.request('POST', `/segments/${id}/refresh`, {});
      await cycle();
      expect(await segment()).toMatchObject({ freshness: 'fresh', lastRefreshedAt: read, pendingSince: null });
      expect(await lag()).toBe(0);
    });

    it('leaves the others with what they miss: nothing', async () => {
      const other = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'US too', type: 'dynamic', rules: inUs })).body.id;
      await cycle();
      await changeAt(first);
      await cycle();
      expect([(await segment()).pendingSince, (await segment(other)).pendingSince]).toEqual([first, null]);
    });

    it('names its own moment where it was never filled', async () => {
      await owned('drop function refuse() cascade');
      await changeAt(first);
      await cycle();
      await service.clock(second);
      const born = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'new', type: 'dynamic', rules: inUs })).body.id;
      await owned(
        `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$`,
        `create trigger refuse before insert on segment_member for each row when (new.segment_id = '${born}') execute function refuse()`,
      );
      await cycle();
      await service.clock(read);
      expect(await segment(born)).toMatchObject({ freshness: 'failed', lastRefreshedAt: null, pendingSince: second });
      expect(await lag()).toBe(120);
    });
  });

  it('tells what it has missed while it was archived, which is no lag of anybody\'s, until it is active and filled again', async () => {
    await tenant.request('POST', `/segments/${id}/archive`);
    await changeAt(first);
    await cycle();
    await service.clock(read);
    expect(await segment()).toMatchObject({ freshness: 'stale', lastRefreshedAt: filled, pendingSince: first });
    expect(await lag()).toBe(0);
    await tenant.request('POST', `/segments/${id}/activate`);
    expect(await segment()).toMatchObject({ freshness: 'refreshing', pendingSince: first });
    await cycle();
    expect(await segment()).toMatchObject({ freshness: 'fresh', lastRefreshedAt: read, pendingSince: null });
  });
});
