import type pg from 'pg';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Campaign { id: string; name: string; externalId: string | null; status: string; updatedAt: string }

describe('campaigns', () => {
  let service: TestService;
  let tenant: TestTenant;
  let db: pg.Client;

  beforeAll(async () => {
    service = await startTestService();
    db = await service.owner();
  });
  beforeEach(async () => { tenant = await service.tenant(); });
  afterAll(async () => {
    await service.stop();
  });

  const create = async (body: object, headers?: Record<string, string>) => await tenant.request<Campaign>('POST', '/campaigns', body, headers);

  it('are created as drafts and read again', async () => {
    const made = await create({ name: 'Launch', externalId: 'launch-q4' });
    expect(made).toMatchObject({ status: 201, body: { name: 'Launch', externalId: 'launch-q4', status: 'draft' } });
    expect((await tenant.request('GET', `/campaigns/${made.body.id}`)).body).toEqual(made.body);
    expect((await create({ name: 'Plain' })).body.externalId).toBeNull();
    const { body } = await tenant.request<{ items: Campaign[] }>('GET', '/campaigns');
    expect(body.items.map(({ name }) => name)).toEqual(['Launch', 'Plain']);
    const other = await service.tenant('Other');
    expect((await other.request('GET', `/campaigns/${made.body.id}`)).status).toBe(404);
    expect((await other.request('PATCH', `/campaigns/${made.body.id}`, { name: 'Mine' })).status).toBe(404);
  });

  it('are created once per Idempotency-Key', async () => {
    const once = { 'idempotency-key': 'k1' };
    const first = await create({ name: 'Launch' }, once);
    await tenant.request('PATCH', `/campaigns/${first.body.id}`, { name: 'Renamed' });
    const again = await create({ name: 'Launch' }, once);
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id, name: 'Renamed' } });
    expect((await create({ name: 'Another' }, once)).status).toBe(422);
  });

  it('have an external id of their own', async () => {
    await create({ name: 'One', externalId: 'x' });
    expect((await create({ name: 'Two', externalId: 'x' })).status).toBe(409);
    const two = await create({ name: 'Two', externalId: 'X' });
    expect(two.status).toBe(201);
    expect((await tenant.request('PATCH', `/campaigns/${two.body.id}`, { externalId: 'x' })).status).toBe(409);
    expect((await tenant.request('PATCH', `/campaigns/${two.body.id}`, { externalId: null })).body).toMatchObject({ name: 'Two', externalId: null });
    expect((await create({ name: '' })).status).toBe(422);
    expect((await create({ name: 'Three', status: 'sent' })).status).toBe(422);
  });

  it('that are renamed count for rules on campaign.name, by id and external id', async () => {
    await tenant.request('POST', '/contacts', { email: 'ada@example.com' });
    await tenant.request('POST', '/contacts', { email: 'bob@example.com' });
    const { body: campaign } = await create({ name: 'Launch', externalId: 'launch' });
    await tenant.request('POST', '/events/batch', { events: [
      { id: 'a', type: 'sent', email: 'ada@example.com', occurredAt: '2026-01-01T00:00:00Z', campaignId: 'launch' },
      { id: 'b', type: 'sent', email: 'bob@example.com', occurredAt: '2026-01-01T00:00:00Z', campaignId: campaign.id },
    ] });
    const { body: segment } = await tenant.request<{ id: string }>('POST', '/segments', {
      name: 'Sent', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [
        { event: 'sent', where: [{ property: 'campaign.name', operator: 'contains', value: 'Spring' }] }] }] },
    });
    const refreshed = async (): Promise<number> => {
      await tenant.request('POST', `/segments/${segment.id}/refresh`, { mode: 'incremental', waitSeconds: 30 });
      return (await tenant.request<{ items: object[] }>('GET', `/segments/${segment.id}/contacts`)).body.items.length;
    };
    expect(await refreshed()).toBe(0);
    await tenant.request('PATCH', `/campaigns/${campaign.id}`, { name: 'Spring launch' });
    expect(await refreshed()).toBe(2);
    await tenant.request('PATCH', `/campaigns/${campaign.id}`, { externalId: 'another' });
    expect(await refreshed()).toBe(1);
    await create({ name: 'Spring again', externalId: 'launch' });
    expect(await refreshed()).toBe(2);
  });

  it('that do not change keep their updatedAt and note nothing', async () => {
    const { body: campaign } = await create({ name: 'Launch', externalId: 'x' });
    const notes = async (): Promise<number> =>
      Number((await db.query('select count(*) as n from contact_change where tenant_id = $1', [tenant.id])).rows[0]?.n);
    await service.clock('2030-01-01T00:00:00Z');
    const before = await notes();
    expect((await tenant.request('PATCH', `/campaigns/${campaign.id}`, { name: 'Launch' })).body).toEqual(campaign);
    expect(await notes()).toBeLessThanOrEqual(before);
    await service.clock(null);
  });
});
