import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Preview { count: number; breakdown?: { groups: { matches: number }[] } }
interface Segment { id: string; contactCount: number; lastRefresh: { mode: string } }

/** An opening at noon that is known at nine: engagement figures hold it from the start, and no answer before noon may. */
describe('An event that arrives before its time', () => {
  const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.total_opens', operator: 'greater_or_equal', value: 1 }] }] };
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-11-20T09:00:00Z');
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'early@example.com' }, { email: 'quiet@example.com' }] });
    await tenant.request('POST', '/events/batch', { events: [{ id: 'e1', type: 'opened', email: 'early@example.com', occurredAt: '2026-11-20T12:00:00Z' }] });
  });
  afterAll(async () => { await service.stop(); });

  const preview = async (asOf: string): Promise<number[]> => {
    const { body } = await tenant.request<Preview>('POST', '/segments/preview', { rules, asOf, exact: true, breakdown: true });
    return [body.count, body.breakdown!.groups[0]!.matches];
  };

  it('is not counted by a preview until then', async () => {
    expect(await preview('2026-11-20T11:59:59.999Z')).toEqual([0, 0]);
    expect(await preview('2026-11-20T12:00:00Z')).toEqual([1, 1]);
  });

  it('makes nobody a member until then, neither by a first fill nor by a cycle', async () => {
    const { body: { id } } = await tenant.request<Segment>('POST', '/segments', { name: 'Opened', type: 'dynamic', rules });
    const sizeAfterCycleAt = async (at: string): Promise<unknown[]> => {
      await service.clock(at);
      await tenant.request('PATCH', `/contacts/${(await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?limit=1')).body.items[0]!.id}`, { city: at });
      await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
      const { body } = await tenant.request<Segment>('GET', `/segments/${id}`);
      return [body.lastRefresh.mode, body.contactCount];
    };
    expect(await sizeAfterCycleAt('2026-11-20T10:00:00Z')).toEqual(['full', 0]);
    expect(await sizeAfterCycleAt('2026-11-20T11:00:00Z')).toEqual(['incremental', 0]);
    expect(await sizeAfterCycleAt('2026-11-20T12:00:00Z')).toEqual(['incremental', 1]);
  });

  it('has nobody looked at before then, nor after, though its contact has events to come', async () => {
    const one = await service.tenant();
    await one.request('POST', '/contacts/batch', { contacts: [{ email: 'early@example.com' }] });
    const inDays = (days: number): string => new Date(Date.UTC(2026, 10, 20 + days, 12)).toISOString();
    await one.request('POST', '/events/batch', { events: [5, 20].map((days) => ({ id: `in ${days}`, type: 'opened', email: 'early@example.com', occurredAt: inDays(days) })) });
    const { body: { id } } = await one.request<Segment>('POST', '/segments', { name: 'Opened', type: 'dynamic', rules });
    const lookedAt = async (days: number): Promise<number | null> => {
      await service.clock(inDays(days));
      const { body: { refreshId } } = await one.request<{ refreshId: string }>('POST', `/segments/${id}/refresh`, {});
      await service.service.app.get(RefreshCycle, { strict: false }).run(one.id);
      return (await one.request<{ evaluated: number | null }>('GET', `/refreshes/${refreshId}`)).body.evaluated;
    };
    await lookedAt(0);
    expect([await lookedAt(2), await lookedAt(4), await lookedAt(6), await lookedAt(9), await lookedAt(21)]).toEqual([0, 0, 1, 0, 1]);
  });

  it.each([
    // The opening of ten days ago is the latest one until that in five days.
    ['within_last', { amount: 14, unit: 'days' }, [[0, 1], [3, 1], [4.5, 0], [5, 1]]],
    ['anniversary', 'today', [[0, 0], [355, 1], [356, 0]]],
  ])('leaves the event before it the latest one (%s)', async (operator, value, sizes) => {
    const one = await service.tenant();
    const at = (days: number): string => new Date(Date.UTC(2026, 10, 20, 12) + days * 86_400_000).toISOString();
    const openings = async (...days: number[]): Promise<void> => {
      await one.request('POST', '/events/batch', { events: days.map((day) => ({ id: `${day}`, type: 'opened', email: 'early@example.com', occurredAt: at(day) })) });
    };
    await service.clock(at(0));
    await one.request('POST', '/contacts/batch', { contacts: [{ email: 'early@example.com' }] });
    await openings(-10, operator === 'anniversary' ? 400 : 5);
    const { body: { id } } = await one.request<Segment>('POST', '/segments', {
      name: operator, type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.last_opened_at', operator, value }] }] },
    });
    for (const [days, size] of sizes as [number, number][]) {
      await service.clock(at(days));
      await service.service.app.get(RefreshCycle, { strict: false }).run(one.id);
      expect([days, (await one.request<Segment>('GET', `/segments/${id}`)).body.contactCount]).toEqual([days, size]);
    }
  });

  it('is in no audience until then, by a segment or by rules', async () => {
    await service.clock('2026-11-20T09:00:00Z');
    const { body: { id: segmentId } } = await tenant.request<Segment>('POST', '/segments', { name: 'Openers', type: 'dynamic', rules });
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Noon' });
    const matchesAt = async (at: string): Promise<number[]> => {
      await service.clock(at);
      return (await tenant.request<{ include: { matches: number }[] }>('POST', `/campaigns/${id}/audience/preview`, {})).body.include.map(({ matches }) => matches);
    };
    expect((await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ segmentId }, { rules }] })).status).toBe(200);
    expect(await matchesAt('2026-11-20T11:59:59.999Z')).toEqual([0, 0]);
    expect(await matchesAt('2026-11-20T12:00:00Z')).toEqual([1, 1]);
  });
});
