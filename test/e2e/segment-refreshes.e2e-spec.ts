import { MembershipService } from '../../src/segments/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { until } from '../support/queue-contract.js';
import { SentStatements } from '../support/sent-statements.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const rules = { match: 'all', groups: [] };
const now = new Date('2026-11-20T12:00:00Z');

interface Refreshes { items: { status: string }[] }

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
