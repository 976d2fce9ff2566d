import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const now = new Date('2026-11-20T12:00:00Z');

interface Told { mode: string; status: string; cause: string | null }

/** Cycles run when the test runs them. */
describe('A refresh of everybody says why', () => {
  let service: TestService;
  let tenant: TestTenant;
  let id: string;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(now.toISOString());
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    tenant = await service.tenant();
    id = await make('one', inCountry('US'));
    await cycle();
  });

  const inCountry = (value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value }] }] });
  const make = async (name: string, definition: object): Promise<string> =>
    (await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules: definition })).body.id;
  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  const told = async (of = id): Promise<[string, string, string | null][]> =>
    (await tenant.request<{ items: Told[] }>('GET', `/segments/${of}/refreshes`)).body.items.map(({ mode, status, cause }) => [mode, status, cause]);
  const contacts = async (from: number, count: number): Promise<void> => {
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: count }, (_, n) => ({ email: `p${from + n}@example.com`, country: 'US' })) });
  };
  const asOwner = async (statement: string): Promise<void> => {
    const owner = await service.owner();
    await owner.query(statement);
  };

  it('it is the first', async () => {
    expect(await told()).toEqual([['full', 'succeeded', 'first_fill']]);
  });

  it('and one of whom a change names does not', async () => {
    await contacts(0, 1);
    await cycle();
    expect((await told())[0]).toEqual(['incremental', 'succeeded', null]);
  });

  it('its rules have changed, or those of a segment that they name', async () => {
    const naming = await make('naming', { match: 'all', groups: [{ match: 'all', conditions: [{ segment: id, operator: 'in' }] }] });
    await cycle();
    await tenant.request('PATCH', `/segments/${id}`, { rules: inCountry('CA') });
    await cycle();
    expect((await told())[0]).toEqual(['full', 'succeeded', 'rules_changed']);
    expect((await told(naming))[0]).toEqual(['full', 'succeeded', 'rules_changed']);
  });

  it('it was asked for', async () => {
    await tenant.request('POST', `/segments/${id}/refresh`, { mode: 'full' });
    await cycle();
    expect((await told())[0]).toEqual(['full', 'succeeded', 'requested']);
  });

  /** A refresh is asked for, and its worker dies. */
  const lose = async (): Promise<void> => {
    await tenant.request('POST', `/segments/${id}/refresh`, {});
    await asOwner(`update segment_refresh set status = 'running', started_at = created_at where status = 'queued'`);
  };
  /** One fails for a reason of its own. */
  const failOnce = async (): Promise<void> => {
    await asOwner(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$`);
    await asOwner('create trigger refuse before insert on segment_member for each row execute function refuse()');
    await contacts(0, 1);
    await tenant.request('POST', `/segments/${id}/refresh`, { mode: 'full' });
    await cycle();
    await asOwner('drop function refuse() cascade');
  };

  it('the one before has lost its worker', async () => {
    await lose();
    await cycle();
    expect((await told()).slice(0, 2)).toEqual([['full', 'succeeded', 'unfinished_before'], ['auto', 'failed', null]]);
  });

  it('the one before has lost its worker, at once also where another had failed before it', async () => {
    await failOnce();
    await lose();
    await cycle();
    expect((await told()).slice(0, 3)).toEqual([['full', 'succeeded', 'unfinished_before'], ['auto', 'failed', null], ['full', 'failed', 'requested']]);
  });

  it('not yet where it has lost its worker twice', async () => {
    await lose();
    await asOwner('update segment_refresh set status = \'failed\', error = \'The worker ended in the middle; it is tried again.\' where status = \'running\'');
    await lose();
    await cycle();
    expect((await told()).slice(0, 2)).toEqual([['auto', 'failed', null], ['auto', 'failed', null]]);
  });

  it('the one before has failed, which says why as well', async () => {
    await failOnce();
    await tenant.request('POST', `/segments/${id}/refresh`, {});
    await cycle();
    expect((await told()).slice(0, 2)).toEqual([['full', 'succeeded', 'unfinished_before'], ['full', 'failed', 'requested']]);
  });

  it('the one before was cancelled while it ran', async () => {
    const { refreshId } = (await tenant.request<{ refreshId: string }>('POST', `/segments/${id}/refresh`, { mode: 'full' })).body;
    await asOwner('create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return new; end $$');
    await asOwner('create trigger linger before insert on segment_member for each row execute function linger()');
    try {
      await contacts(0, 1);
      const running = cycle();
      await until(told, ([latest]) => latest?.[1] === 'running' && latest[2] === 'requested');
      await tenant.request('POST', `/refreshes/${refreshId}/cancel`);
      await running;
    } finally {
      await asOwner('drop function linger() cascade');
    }
    await cycle();
    expect((await told()).slice(0, 2)).toEqual([['full', 'succeeded', 'unfinished_before'], ['full', 'cancelled', 'requested']]);
  });

  it('so many have changed that looking at everybody is less', async () => {
    await contacts(0, 10_000);
    await contacts(10_000, 1);
    await cycle();
    expect((await told())[0]).toEqual(['full', 'succeeded', 'many_candidates']);
  }, 60_000);

  it('it was archived while there were changes', async () => {
    await tenant.request('POST', `/segments/${id}/archive`);
    await contacts(0, 1);
    await cycle();
    await tenant.request('POST', `/segments/${id}/activate`);
    await cycle();
    expect((await told())[0]).toEqual(['full', 'succeeded', 'inactive_before']);
  });
});
