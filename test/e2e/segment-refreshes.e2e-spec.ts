import { MembershipService } from '../../src/segments/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { until } from '../support/queue-contract.js';
import { SentStatements } from '../support/sent-statements.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const rules = { match: 'all', groups: [] };
const now = new Date('2026-11-20T12:00:00Z');

interface Refreshes { items: { status: string }[] }
interface Told { mode: string; status: string; cause: string | null }

/** Nobody works the queue: what waits stays as it is until the test runs a cycle. */
describe('Refreshes that wait', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(now.toISOString());
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  const make = async (name: string): Promise<string> => (await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules })).body.id;
  const statuses = async (id: string): Promise<string[]> => (await tenant.request<Refreshes>('GET', `/segments/${id}/refreshes`)).body.items.map(({ status }) => status);

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['is archived', async (id) => await tenant.request('POST', `/segments/${id}/archive`)],
    ['is a draft again', async (id) => await tenant.request('PATCH', `/segments/${id}`, { status: 'draft' })],
    ['comes archived among definitions', async () => {
      const { body } = await tenant.request<{ segments: object[] }>('GET', '/segments/export');
      await tenant.request('POST', '/segments/import', { ...body, segments: body.segments.map((one) => ({ ...one, status: 'archived' })) });
    }],
  ])('are cancelled where the segment %s', async (_, leave) => {
    const id = await make('one');
    expect(await statuses(id)).toEqual(['queued']);
    await leave(id);
    expect(await statuses(id)).toEqual(['cancelled']);
  });

  it('are told of at once where the rules change of a segment that others refer to', async () => {
    const of = async (id: string): Promise<string> => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness;
    const [one, other] = [await make('one'), await make('other')];
    const following = { match: 'all', groups: [{ match: 'all', conditions: [{ segment: one, operator: 'in' }] }] };
    const { body: { id: follower } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'follower', type: 'dynamic', rules: following });
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    const edited = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'is_set' }] }] };
    await tenant.request('PATCH', `/segments/${other}`, { rules: edited });
    expect([await of(one), await of(other), await of(follower)]).toEqual(['fresh', 'refreshing', 'fresh']);
    await tenant.request('PATCH', `/segments/${one}`, { rules: edited });
    expect(await of(follower)).toBe('stale');
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    expect([await of(one), await of(other), await of(follower)]).toEqual(['fresh', 'fresh', 'fresh']);
  });

  // Of two workers the second would see nothing of what the first has done, and be refused only for having written the same.
  it('take the lock of their tenant before the snapshot that they read', async () => {
    await make('one');
    const sent = SentStatements.watch();
    try {
      await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    } finally {
      sent.stop();
    }
    const [first, ...further] = sent.messages.filter((text) => /advisory_lock|repeatable read/i.test(text));
    expect(first).toMatch(/^select pg_try_advisory_lock/);
    expect(further.some((text) => /isolation level repeatable read/i.test(text))).toBe(true);
  });

  it('have an end where their worker is gone: when that was noticed', async () => {
    const id = await make('one');
    const lost = await service.owner();
    await lost.query('update segment_refresh set status = \'running\', started_at = $2 where segment_id = $1', [id, new Date(now.getTime() - 1500)]);
    await lost.end();
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    const { items } = (await tenant.request<{ items: object[] }>('GET', `/segments/${id}/refreshes`)).body;
    expect(items).toMatchObject([{ status: 'succeeded' }, { status: 'failed', finishedAt: now.toISOString(), durationMs: 1500 }]);
  });

  it('are asked for together by whoever wants several segments fresh, and done in one cycle', async () => {
    const ids = [await make('one'), await make('two'), await make('three')];
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    await cycle.run(tenant.id);
    const fresh = service.service.app.get(MembershipService, { strict: false }).ensureFresh(tenant.id, ids, now);
    await until(async () => await Promise.all(ids.map(statuses)), (all) => all.every(([latest]) => latest === 'queued'));
    await cycle.run(tenant.id);
    await fresh;
    expect(await Promise.all(ids.map(statuses))).toEqual(ids.map(() => ['succeeded', 'succeeded']));
  });

  it('and the edit of a segment hold nobody up who asks what uses it', async () => {
    const id = await make('one');
    const editor = await service.owner();
    try {
      await editor.query('begin');
      await editor.query('select from segment where id = $1 for no key update', [id]);
      expect((await tenant.request('GET', `/segments/${id}/dependents`)).status).toBe(200);
    } finally {
      await editor.query('rollback');
      await editor.end();
    }
  }, 20_000);
});

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

  it('the one before has lost its worker', async () => {
    await tenant.request('POST', `/segments/${id}/refresh`, {});
    await asOwner(`update segment_refresh set status = 'running', started_at = created_at where status = 'queued'`);
    await cycle();
    expect((await told()).slice(0, 2)).toEqual([['full', 'succeeded', 'unfinished_before'], ['auto', 'failed', null]]);
  });

  it('the one before has failed, which says why as well', async () => {
    await asOwner(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$`);
    await asOwner('create trigger refuse before insert on segment_member for each row execute function refuse()');
    await contacts(0, 1);
    await tenant.request('POST', `/segments/${id}/refresh`, { mode: 'full' });
    await cycle();
    await asOwner('drop function refuse() cascade');
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
