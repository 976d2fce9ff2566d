import { newId } from '#kernel';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Contact { id: string; email: string; firstName: string | null; lastName: string | null; company: string | null; leadScore: number | null; tags: string[]; subscriptionStatus: string; customFields: Record<string, unknown>; createdAt: string }
interface Change { segmentId: string; change: string; via: string }

const opened = { match: 'all', groups: [{ match: 'all', conditions: [{ event: 'opened', count: { operator: 'greater_or_equal', value: 2 } }] }] };

describe('Merging two contacts', () => {
  let service: TestService;
  let tenant: TestTenant;
  let ada: Contact;
  let old: Contact;

  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-11-20T12:00:00Z');
    tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'plan', label: 'Plan', type: 'text' });
    await tenant.request('POST', '/custom-fields', { key: 'ends', label: 'Ends', type: 'date' });
    ada = (await tenant.request<Contact>('POST', '/contacts', { email: 'ada@example.com', firstName: 'Ada', leadScore: 0, customFields: { plan: 'pro' } })).body;
    old = (await tenant.request<Contact>('POST', '/contacts', {
      email: 'ada@old.example', firstName: 'A.', lastName: 'L', company: 'Acme', leadScore: 9, tags: ['vip'], subscriptionStatus: 'unsubscribed',
      customFields: { plan: 'free', ends: '2026-11-25' },
    })).body;
    await tenant.request('POST', '/events/batch', { events: ['ada@example.com', 'ada@old.example'].map((email, at) => (
      { id: `e${at}`, type: 'opened', email, occurredAt: `2026-11-1${at}T00:00:00Z` })) });
  });

  const merge = async (id = ada.id, body: object = { contactId: old.id }) => await tenant.request<Contact & { errors: { path: string }[] }>('POST', `/contacts/${id}/merge`, body);
  const make = async (body: object): Promise<string> => (await tenant.request<{ id: string }>('POST', '/segments', body)).body.id;
  const list = async (...emails: string[]): Promise<string> => await make({ name: 'List', type: 'static', emails });
  const members = async (id: string): Promise<string[]> => (await tenant.request<{ items: Contact[] }>('GET', `/segments/${id}/contacts`)).body.items.map(({ email }) => email).sort();
  const count = async (id: string): Promise<number> => (await tenant.request<{ contactCount: number }>('GET', `/segments/${id}`)).body.contactCount;
  const refresh = async (id: string): Promise<void> => { await tenant.request('POST', `/segments/${id}/refresh`, { waitSeconds: 30 }); };
  const historyOf = async (id: string) => await tenant.request<{ items: Change[] }>('GET', `/contacts/${id}/segment-history`);

  it('keeps the survivor\'s id, address and properties, and fills its gaps', async () => {
    const { status, body } = await merge();
    expect([status, body]).toEqual([200, expect.objectContaining({
      id: ada.id, email: 'ada@example.com', firstName: 'Ada', lastName: 'L', company: 'Acme', leadScore: 0, tags: ['vip'], subscriptionStatus: 'unsubscribed',
      customFields: { plan: 'pro', ends: '2026-11-25' }, createdAt: ada.createdAt,
    })]);
    expect((await tenant.request('GET', `/contacts/${old.id}`)).status).toBe(404);
    expect((await tenant.request<{ items: Contact[] }>('GET', '/contacts')).body.items).toHaveLength(1);
  });

  it('takes an unsubscription or a complaint along, and no bounce, which is the address\'s', async () => {
    await tenant.request('PATCH', `/contacts/${old.id}`, { subscriptionStatus: 'bounced' });
    expect((await merge()).body.subscriptionStatus).toBe('active');
    const complainer = (await tenant.request<Contact>('POST', '/contacts', { email: 'ada@third.example', subscriptionStatus: 'complained' })).body;
    expect((await merge(ada.id, { contactId: complainer.id })).body.subscriptionStatus).toBe('complained');
  });

  it('makes of two recipients of a campaign one', async () => {
    const everyone = await list('ada@example.com', 'ada@old.example');
    await tenant.request('PATCH', `/contacts/${old.id}`, { subscriptionStatus: 'active' });
    const { body: campaign } = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Launch' });
    await tenant.request('PUT', `/campaigns/${campaign.id}/audience`, { include: [{ segmentId: everyone }] });
    expect((await tenant.request('POST', `/campaigns/${campaign.id}/launch`, {})).status).toBeLessThan(300);
    const recipients = async (): Promise<string[]> =>
      (await tenant.request<{ items: { contactId: string }[] }>('GET', `/campaigns/${campaign.id}/recipients`)).body.items.map(({ contactId }) => contactId);
    expect(await recipients()).toEqual([ada.id, old.id]);
    await merge();
    expect(await recipients()).toEqual([ada.id]);
  });

  it('moves the events, by which dynamic memberships follow, and the dates that time moves', async () => {
    const both = await make({ name: 'Opened twice', type: 'dynamic', rules: opened });
    const ending = await make({ name: 'Ending', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'customField.ends', operator: 'within_next', value: { amount: 2, unit: 'days' } }] }] } });
    await refresh(both);
    await refresh(ending);
    await merge();
    await refresh(both);
    expect(await members(both)).toEqual(['ada@example.com']);
    expect((await tenant.request<{ items: { id: string }[] }>('GET', `/contacts/${ada.id}/events`)).body.items).toHaveLength(2);
    await service.clock('2026-11-24T12:00:00Z');
    await refresh(ending);
    expect(await members(ending)).toEqual(['ada@example.com']);
    expect((await tenant.request('POST', '/events/batch', { events: [{ id: 'e1', type: 'opened', email: 'ada@example.com', occurredAt: '2026-11-12T00:00:00Z' }] })).body).toMatchObject({ duplicates: 1 });
  });

  it('moves memberships of lists once, with counts and history', async () => {
    const [hers, both] = [await list('ada@old.example'), await list('ada@example.com', 'ada@old.example')];
    await merge();
    expect([await members(hers), await members(both)]).toEqual([['ada@example.com'], ['ada@example.com']]);
    expect([await count(hers), await count(both)]).toEqual([1, 1]);
    const history = async (id: string): Promise<object[]> => (await tenant.request<{ items: { contactId: string; change: string }[] }>('GET', `/segments/${id}/history`)).body.items.map(({ contactId, change }) => [contactId === ada.id, change]);
    expect(await history(hers)).toEqual(expect.arrayContaining([[true, 'entered'], [false, 'exited'], [false, 'entered']]));
    expect(await history(both)).toHaveLength(3);
  });

  it('moves overrides, of which the survivor\'s own win', async () => {
    const [one, two] = [await make({ name: 'One', type: 'dynamic', rules: opened }), await make({ name: 'Two', type: 'dynamic', rules: opened })];
    const pin = async (id: string, email: string, to: 'in' | 'out'): Promise<void> => { await tenant.request('PUT', `/segments/${id}/overrides`, { overrides: [{ email, pin: to }] }); };
    await pin(one, 'ada@old.example', 'in');
    await pin(two, 'ada@old.example', 'in');
    await pin(two, 'ada@example.com', 'out');
    await tenant.request('DELETE', '/events/e0');
    await merge();
    await refresh(one);
    await refresh(two);
    expect([await members(one), await members(two)]).toEqual([['ada@example.com'], []]);
  });

  it('closes the other\'s history, which stays readable whatever refreshes follow, until the survivor is erased', async () => {
    const id = await list('ada@old.example');
    const pinned = await make({ name: 'Pinned', type: 'dynamic', rules: opened });
    await tenant.request('PUT', `/segments/${pinned}/overrides`, { overrides: [{ email: 'ada@old.example', pin: 'in' }] });
    await refresh(pinned);
    await merge();
    await refresh(pinned);
    await refresh(pinned);
    const { status, body } = await historyOf(old.id);
    expect(status).toBe(200);
    for (const segmentId of [id, pinned]) expect(body.items.filter((change) => change.segmentId === segmentId).map(({ change }) => change)).toEqual(['exited', 'entered']);
    expect((await tenant.request('DELETE', `/contacts/${ada.id}`)).status).toBe(204);
    expect((await historyOf(old.id)).status).toBe(404);
    expect((await tenant.request<{ items: object[] }>('GET', `/segments/${id}/history`)).body.items).toEqual([]);
  });

  it('can go on: whoever was merged before follows', async () => {
    const { body: third } = await tenant.request<Contact>('POST', '/contacts', { email: 'third@example.com' });
    await list('ada@old.example');
    await merge();
    expect((await merge(third.id, { email: 'ADA@example.com' })).status).toBe(200);
    expect((await historyOf(old.id)).body.items).toHaveLength(2);
    await tenant.request('DELETE', `/contacts/${third.id}`);
    expect((await historyOf(old.id)).status).toBe(404);
  });

  it('lets an event on its way find one of the two, and loses none', async () => {
    const events = (at: number): object => ({ events: Array.from({ length: 20 }, (_, index) => ({ id: `w${at}-${index}`, type: 'clicked', contactId: at % 2 === 0 ? ada.id : old.id, occurredAt: '2026-11-19T00:00:00Z' })) });
    const answers = await Promise.all([...Array.from({ length: 8 }, async (_, at) => await tenant.request<{ accepted: number; failed: object[] }>('POST', '/events/batch', events(at))), merge()]);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200));
    const accepted = answers.reduce((sum, { body }) => sum + ('accepted' in body ? body.accepted : 0), 0);
    const { body } = await tenant.request<{ items: { type: string }[] }>('GET', `/contacts/${ada.id}/events?limit=1000`);
    expect(body.items.filter(({ type }) => type === 'clicked')).toHaveLength(accepted);
  });

  it('is refused with itself, with nobody and with two names', async () => {
    expect((await merge(ada.id, { email: 'ada@example.com' })).body.errors).toMatchObject([{ path: '/contactId' }]);
    expect((await merge(ada.id, {})).status).toBe(422);
    expect((await merge(ada.id, { contactId: old.id, email: 'ada@old.example' })).status).toBe(422);
    expect((await merge(ada.id, { contactId: newId() })).status).toBe(404);
    expect((await merge(newId())).status).toBe(404);
    expect((await tenant.request<{ items: Contact[] }>('GET', '/contacts')).body.items).toHaveLength(2);
  });
});
