import type pg from 'pg';
import { newId } from '#kernel';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { historyFaults } from '../support/derived-faults.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller, waitingForLocks, watchStatements } from '../support/statements.js';

const when = (condition: object): object => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] });
const inCountry = (value: string): object => when({ field: 'contact.country', operator: 'equals', value });

interface Refresh { refreshId: string; status: string; added: number | null; removed: number | null }

/** Nobody works the queue: the test runs the cycles, and knows what is sent when. */
describe('A refresh under way', () => {
  let service: TestService;
  let tenant: TestTenant;
  let owner: pg.Client;
  let segment: string;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-11-20T12:00:00Z');
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });
  beforeEach(async () => {
    tenant = await service.tenant();
    segment = await make('France', inCountry('France'));
    await move('a@example.com', 'France');
    await cycle();
  });

  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  const make = async (name: string, rules: object): Promise<string> => (await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules })).body.id;
  const move = async (email: string, country: string): Promise<unknown> => await tenant.request('POST', '/contacts/batch', { contacts: [{ email, country }] });
  const ask = async (mode: string): Promise<string> => (await tenant.request<Refresh>('POST', `/segments/${segment}/refresh`, { mode })).body.refreshId;
  const latest = async (id: string): Promise<Refresh> => {
    const { body: { items } } = await tenant.request<{ items: Refresh[] }>('GET', `/segments/${segment}/refreshes`);
    return items.find(({ refreshId }) => refreshId === id)!;
  };
  /** Of both segments somebody is a member who is not there any more, as after an erasure while a cycle ran. */
  async function leaveBehind(later: string): Promise<void> {
    const [both, erased] = [[segment, later], newId()];
    await owner.query('insert into segment_member (tenant_id, segment_id, contact_id, since) select $1, unnest($2::uuid[]), $3, now()', [tenant.id, both, erased]);
    await owner.query('update segment_state set contact_count = contact_count + 1 where segment_id = any($1)', [both]);
    await owner.query('insert into contact_change (tenant_id, kind, contact_id, at) values ($1, \'contact\', $2, now())', [tenant.id, erased]);
  }
  const members = async (id = segment): Promise<number> => (await tenant.request<{ contactCount: number }>('GET', `/segments/${id}`)).body.contactCount;

  it('does nothing where it was cancelled before its last statement, whichever it was at', async () => {
    const killer = await StatementKiller.open(service.databaseUrl);
    const told = { cancelled: 0, succeeded: 0 };
    try {
      let sent = Infinity;
      for (let at = 1, country = 'Chad'; at <= sent; at += 1) {
        await move('a@example.com', country);
        country = country === 'Chad' ? 'France' : 'Chad';
        const id = await ask('auto');
        sent = await killer.beside(at, async () => { await tenant.request('POST', `/refreshes/${id}/cancel`); }, cycle);
        const { status, added, removed } = await latest(id);
        const { rows: [history] } = await owner.query<{ count: number }>('select count(*)::int as count from membership_change where refresh_id = $1', [id]);
        told[status as 'cancelled' | 'succeeded'] += 1;
        expect([at, status, history!.count, (added ?? 0) + (removed ?? 0)]).toEqual([at, status, ...(status === 'succeeded' ? [1, 1] : [0, 0])]);
        // Owed, and done by the refresh that was queued for it.
        await cycle();
        expect([at, await members()]).toEqual([at, country === 'Chad' ? 1 : 0]);
      }
    } finally {
      await killer.close();
    }
    expect(told.cancelled).toBeGreaterThan(20);
    expect(await historyFaults(owner, tenant.id)).toBe(0);
  }, 120_000);

  it('is ended when it is cancelled, and does not wait for what it waits for', async () => {
    const { rows: [contact] } = await owner.query<{ id: string }>('select id from contact where tenant_id = $1', [tenant.id]);
    await tenant.request('PATCH', `/segments/${segment}`, { rules: inCountry('Chad') });
    await cycle();
    await tenant.request('PATCH', `/segments/${segment}`, { rules: inCountry('France') });
    const other = await service.owner();
    try {
      // The refresh will make the same contact a member, and waits to see whether this one does.
      await other.query('begin');
      await other.query('insert into segment_member (tenant_id, segment_id, contact_id, since) values ($1, $2, $3, now())', [tenant.id, segment, contact!.id]);
      const { body: { items: [waiting] } } = await tenant.request<{ items: Refresh[] }>('GET', `/segments/${segment}/refreshes`);
      let ended = false;
      const running = cycle().finally(() => { ended = true; });
      await until(async () => await waitingForLocks(owner), (count) => count > 0);
      expect((await tenant.request('POST', `/refreshes/${waiting!.refreshId}/cancel`)).status).toBe(200);
      // It is queued again, since the segment owes one; that one waits as well, and is cancelled as well.
      await until(async () => {
        const { body: { items } } = await tenant.request<{ items: Refresh[] }>('GET', `/segments/${segment}/refreshes`);
        for (const { refreshId, status } of items) if (status === 'queued' || status === 'running') await tenant.request('POST', `/refreshes/${refreshId}/cancel`);
        return ended;
      }, (is) => is);
      await running;
      expect((await latest(waiting!.refreshId)).status).toBe('cancelled');
    } finally {
      await other.query('rollback');
      await other.end();
    }
    await tenant.request('POST', `/segments/${segment}/refresh`);
    await cycle();
    expect(await members()).toBe(1);
  }, 60_000);

  it('waits for nobody who edits a list', async () => {
    const { body: { id: list } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'list', type: 'static', emails: ['a@example.com'] });
    const editor = await service.owner();
    try {
      await editor.query('begin');
      await editor.query('update segment_state set contact_count = contact_count where segment_id = $1', [list]);
      await move('b@example.com', 'France');
      let done = false;
      const running = cycle().then(() => { done = true; });
      await until(() => done, (is) => is);
      await running;
    } finally {
      await editor.query('rollback');
      await editor.end();
    }
    expect(await members()).toBe(2);
  }, 60_000);

  it.each([
    { whom: 'somebody', left: 0, arrange: async (): Promise<unknown> => await move('a@example.com', 'Chad') },
    { whom: 'somebody whom an erasure left behind', left: 1, arrange: leaveBehind },
  ])('lets a segment be deleted out of which it takes $whom', async ({ left: others, arrange }) => {
    const later = await make('France as well', inCountry('France'));
    await cycle();
    await arrange(later);
    const holder = await service.owner();
    await holder.query('begin');
    // The keys of what the refresh inserts, or the refresh itself, wait here, before those of the segment made later.
    await holder.query('select from segment where id = $1 for update', [segment]);
    const running = cycle();
    await until(async () => await waitingForLocks(owner), (count) => count === 1);
    let answered = false;
    const deletion = tenant.request('DELETE', `/segments/${later}`).finally(() => { answered = true; });
    await until(async () => answered || await waitingForLocks(owner) === 2, (is) => is);
    await holder.query('rollback');
    await running;
    expect((await deletion).status).toBe(204);
    await cycle();
    expect(await members()).toBe(others);
    const { rows: [left] } = await owner.query<{ count: number }>('select count(*)::int as count from segment_member where segment_id = $1', [later]);
    expect(left!.count).toBe(0);
  }, 60_000);

  it('does not hold up the segments that follow: what changes during one fill is done before the next', async () => {
    for (const name of ['one', 'two']) await make(name, inCountry('Peru'));
    const seen: number[] = [];
    const unwatch = watchStatements(async (statement) => {
      if (!JSON.stringify(statement.toOperationNode()).includes('create temporary table refresh_difference')) return;
      seen.push(await members());
      if (seen.length === 1) await move('b@example.com', 'France');
    });
    try {
      await cycle();
    } finally {
      unwatch();
    }
    expect(seen).toEqual([1, 2]);
  });

  it('is tried again at once where its worker was lost, and later where that happens again', async () => {
    const lose = async (): Promise<void> => {
      await ask('full');
      await owner.query('update segment_refresh set status = \'running\', started_at = now() where segment_id = $1 and status = \'queued\'', [segment]);
      await cycle();
    };
    const tries = async (): Promise<string[]> => (await tenant.request<{ items: Refresh[] }>('GET', `/segments/${segment}/refreshes`)).body.items.map(({ status }) => status).slice(0, 3);
    await lose();
    expect(await tries()).toEqual(['succeeded', 'failed', 'succeeded']);
    await owner.query('update segment_refresh set status = \'failed\' where id = (select max(id::text)::uuid from segment_refresh where segment_id = $1)', [segment]);
    await lose();
    expect(await tries()).toEqual(['failed', 'failed', 'failed']);
    const { rows: [row] } = await owner.query<{ seconds: number }>('select extract(epoch from max(retry_at) - now())::float8 as seconds from segment_refresh where segment_id = $1', [segment]);
    expect(row!.seconds).toBeGreaterThan(30);
  });
});
