import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Field { id: string; key: string; label: string; type: string; options: string[]; updatedAt: string }
interface Faulty { errors: { path: string; code: string }[] }

describe('Custom fields', () => {
  let service: TestService;
  let tenant: TestTenant;

  const define = async (field: object): Promise<{ status: number; body: Field & Faulty }> => await tenant.request<Field & Faulty>('POST', '/custom-fields', field);

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  it('defines a field once a key', async () => {
    const made = await define({ key: 'plan', label: 'Plan', type: 'select', options: ['Free', 'Pro'] });
    expect(made).toMatchObject({ status: 201, body: { key: 'plan', label: 'Plan', type: 'select', options: ['Free', 'Pro'] } });
    expect((await define({ key: 'plan', label: 'Again', type: 'text' })).status).toBe(409);
    expect((await tenant.request('GET', `/custom-fields/${made.body.id}`)).body).toEqual(made.body);
    expect((await tenant.request<{ items: Field[] }>('GET', '/custom-fields')).body.items).toEqual([made.body]);
  });

  it.each([
    [{ key: 'Plan', label: 'P', type: 'text' }, '/key value_invalid'],
    [{ key: '__proto__', label: 'P', type: 'text' }, '/key value_invalid'],
    [{ key: 'p', label: 'P', type: 'json' }, '/type value_invalid'],
    [{ key: 'p', label: 'P', type: 'select' }, '/options value_missing'],
    [{ key: 'p', label: 'P', type: 'select', options: [] }, '/options value_missing'],
    [{ key: 'p', label: 'P', type: 'multi_select', options: ['a', 'b', 'A'] }, '/options/2 value_invalid'],
    [{ key: 'p', label: 'P', type: 'number', options: ['a'] }, '/options value_not_allowed'],
  ])('refuses %j', async (field, fault) => {
    const { status, body } = await define(field);
    expect(status).toBe(422);
    expect(body.errors.map(({ path, code }) => `${path} ${code}`)).toContain(fault);
  });

  it('changes label and options, never key and type; contacts keep a removed option', async () => {
    const { body: field } = await define({ key: 'plan', label: 'Plan', type: 'select', options: ['Free', 'Pro'] });
    await tenant.request('POST', '/contacts', { email: 'a@example.com', customFields: { plan: 'Pro' } });
    const patched = await tenant.request<Field>('PATCH', `/custom-fields/${field.id}`, { label: 'Tier', options: ['Free'] });
    expect(patched).toMatchObject({ status: 200, body: { label: 'Tier', options: ['Free'] } });
    expect((await tenant.request('PATCH', `/custom-fields/${field.id}`, { key: 'tier', type: 'text' })).status).toBe(422);
    const list = await tenant.request<{ items: { id: string; customFields: object }[] }>('GET', '/contacts');
    expect(list.body.items[0]?.customFields).toEqual({ plan: 'Pro' });
    expect((await tenant.request('PATCH', `/contacts/${list.body.items[0]?.id}`, { customFields: { plan: 'Pro' } })).status).toBe(422);
  });

  it('shows a later field of the same key none of the old values', async () => {
    const { body: field } = await define({ key: 'size', label: 'Size', type: 'number' });
    await tenant.request('POST', '/contacts', { email: 'a@example.com', customFields: { size: 5 } });
    expect((await tenant.request('DELETE', `/custom-fields/${field.id}`)).status).toBe(204);
    expect((await define({ key: 'size', label: 'Size', type: 'number' })).status).toBe(201);
    const list = await tenant.request<{ items: { customFields: object }[] }>('GET', '/contacts');
    expect(list.body.items[0]?.customFields).toEqual({});
  });

  it('leaves segments alone when its options change: what rules mean depends on none', async () => {
    const { body: field } = await define({ key: 'plan', label: 'Plan', type: 'select', options: ['Free', 'Pro'] });
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'a@example.com', customFields: { plan: 'Pro' } }, { email: 'b@example.com', customFields: { plan: 'Free' } }] });
    const onPro = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'customField.plan', operator: 'equals', value: 'Pro' }] }] };
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'Pro', type: 'dynamic', rules: onPro });
    const refreshed = async (): Promise<{ mode: string; added: number; removed: number }> =>
      (await tenant.request<{ mode: string; added: number; removed: number }>('POST', `/segments/${id}/refresh`, { waitSeconds: 60 })).body;
    await refreshed();
    await tenant.request('PATCH', `/custom-fields/${field.id}`, { options: ['Free', 'Team'] });
    expect(await refreshed()).toMatchObject({ status: 'succeeded', mode: 'incremental', added: 0, removed: 0 });
    expect((await tenant.request('GET', `/segments/${id}`)).body).toMatchObject({ contactCount: 1, freshness: 'fresh' });
    await tenant.request('POST', '/contacts', { email: 'c@example.com', customFields: { plan: 'Team' } });
    // Whoever has the removed option still belongs there when everybody is looked at anew.
    const full = await tenant.request('POST', `/segments/${id}/refresh`, { mode: 'full', waitSeconds: 60 });
    expect(full.body).toMatchObject({ status: 'succeeded', mode: 'full', added: 0, removed: 0 });
  });

  it('lets only an admin define', async () => {
    const { apiKey } = (await tenant.request<{ apiKey: string }>('POST', '/api-keys', { name: 'e', role: 'editor' })).body;
    expect((await tenant.as(apiKey)('POST', '/custom-fields', { key: 'x', label: 'X', type: 'text' })).status).toBe(403);
    expect((await tenant.as(apiKey)('GET', '/custom-fields')).status).toBe(200);
  });
});
