import { SentStatements } from '../support/sent-statements.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Contact {
  id: string; email: string; firstName: string | null; tags: string[]; leadScore: number | null; timezone: string | null; subscriptionStatus: string;
  customFields: Record<string, unknown>; createdAt: string; updatedAt: string;
}
interface Outcome { created: number; updated: number; skipped: number; failed: { index: number; errors: { path: string; code: string }[] }[] }
interface List<Item> { items: Item[]; nextCursor: string | null }

const codes = (errors: { path: string; code: string }[]): string[] => errors.map(({ path, code }) => `${path} ${code}`).sort();

describe('Contacts', () => {
  let service: TestService;
  let tenant: TestTenant;

  const batch = async (contacts: unknown[], more: object = {}): Promise<Outcome> =>
    (await tenant.request<Outcome>('POST', '/contacts/batch', { contacts, ...more })).body;
  const byEmail = async (email: string): Promise<Contact> => {
    const { body } = await tenant.request<List<Contact>>('GET', `/contacts?email=${encodeURIComponent(email)}`);
    return body.items[0] as Contact;
  };

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-03-01T12:00:00Z');
    tenant = await service.tenant();
  });

  it('adds a contact with all that was sent, and reads it back', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'industry', label: 'Industry', type: 'select', options: ['SaaS', 'Retail'] });
    await tenant.request('POST', '/custom-fields', { key: 'trial_end_date', label: 'Trial', type: 'date' });
    await tenant.request('POST', '/custom-fields', { key: 'interests', label: 'Interests', type: 'multi_select', options: ['automation', 'crm'] });
    await tenant.request('POST', '/custom-fields', { key: 'seen', label: 'Seen', type: 'datetime' });
    const sent = {
      email: ' Ada@example.com ', firstName: 'Ada', lastName: 'L', company: 'C', jobTitle: 'J', phone: 'P', country: 'United States', state: 'California',
      city: 'San Francisco', timezone: 'america/los_angeles', subscriptionStatus: 'active', leadScore: 72.5, tags: ['vip', ''], source: 'webinar',
      createdAt: '2026-01-05T11:00:00.1239+01:00',
      customFields: { industry: 'saas', trial_end_date: '2026-12-01', interests: ['automation', ''], seen: '2026-02-03T04:05:06+01:00' },
    };
    const { status, body } = await tenant.request<Contact>('POST', '/contacts', sent);
    expect(status).toBe(201);
    expect(body).toEqual({
      ...sent, id: body.id, email: 'Ada@example.com', tags: ['vip'], createdAt: '2026-01-05T10:00:00.123Z', updatedAt: '2026-03-01T12:00:00.000Z',
      customFields: { industry: 'saas', trial_end_date: '2026-12-01', interests: ['automation'], seen: '2026-02-03T03:05:06.000Z' },
    });
    expect((await tenant.request('GET', `/contacts/${body.id}`)).body).toEqual(body);
    const again = await tenant.request('POST', '/contacts', { email: 'ADA@EXAMPLE.COM' });
    expect([again.status, again.body]).toEqual([409, expect.objectContaining({ contactId: body.id })]);
  });

  it('reads one contact, and its segments, by two messages to the database: who asks, and what', async () => {
    const { id } = (await tenant.request<Contact>('POST', '/contacts', { email: 'ada@example.com' })).body;
    const paths = [`/contacts/${id}`, `/contacts/${id}/segments`];
    for (const path of paths) expect((await tenant.request('GET', path)).status).toBe(200);
    const sent = SentStatements.watch();
    try {
      for (const path of paths) expect((await tenant.request('GET', path)).status).toBe(200);
    } finally {
      sent.stop();
    }
    const own = sent.messages.filter((text) => text.includes(tenant.id));
    const asks = /^set local app\.tenant_id = '[0-9a-f-]{36}'; select [^;]* from api_key [^;]*$/;
    const reads = (table: string): RegExp => new RegExp(`^set local app\\.tenant_id = '[0-9a-f-]{36}'; select [^;]* from contact [^;]*; select [^;]* from ${table} [^;]*$`);
    expect(own.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([asks, reads('custom_field'), asks, reads('segment_member')].map((form) => expect.stringMatching(form)));
  });

  it('makes one contact of a repeated Idempotency-Key, and answers 410 once it is erased', async () => {
    const send = async (email: string): Promise<{ status: number; body: Contact }> =>
      await tenant.request<Contact>('POST', '/contacts', { email }, { 'idempotency-key': 'k1' });
    const first = await send('once@example.com');
    expect((await send('once@example.com')).body).toEqual(first.body);
    expect((await send('other@example.com')).status).toBe(422);
    await tenant.request('DELETE', `/contacts/${first.body.id}`);
    expect((await send('once@example.com')).status).toBe(410);
  });

  it('names every fault of a contact at once', async () => {
    const { status, body } = await tenant.request<{ errors: { path: string; code: string }[] }>('POST', '/contacts', {
      firstName: 5, leadScore: 1e16, nickname: 'x', constructor: 1, customFields: { nothing: 1 },
    });
    expect(status).toBe(422);
    expect(codes(body.errors)).toEqual([
      '/constructor unknown_property', '/customFields/nothing unknown_field', '/email value_missing', '/firstName value_invalid',
      '/leadScore value_invalid', '/nickname unknown_property',
    ]);
  });

  it('takes a property called __proto__ for an unknown one', async () => {
    const answer = await tenant.request<Outcome>('POST', '/contacts/batch',
      '{"contacts":[{"email":"a@example.com","__proto__":{"x":1}},{"email":"b@example.com","customFields":{"__proto__":1}},{"email":"c@example.com"}]}');
    expect(answer.status).toBe(200);
    expect(answer.body.created).toBe(1);
    expect(answer.body.failed.map(({ errors }) => codes(errors))).toEqual([['/__proto__ unknown_property'], ['/customFields/__proto__ unknown_field']]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    const field = await tenant.request<{ errors: { path: string; code: string }[] }>('POST', '/custom-fields', '{"key":"k","label":"K","type":"text","__proto__":{}}');
    expect([field.status, codes(field.body.errors)]).toEqual([422, ['/__proto__ unknown_property']]);
  });

  it('leaves what was left out, clears by null, amends tags and merges custom fields', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'a', label: 'A', type: 'text' });
    await tenant.request('POST', '/custom-fields', { key: 'b', label: 'B', type: 'number' });
    const made = (await tenant.request<Contact>('POST', '/contacts', {
      email: 'p@example.com', firstName: 'P', leadScore: 3, tags: ['One', 'Two'], customFields: { a: 'x', b: 0 },
    })).body;
    await service.clock('2026-03-02T00:00:00Z');
    const patch = async (body: object): Promise<Contact> => (await tenant.request<Contact>('PATCH', `/contacts/${made.id}`, body)).body;
    expect(await patch({ addTags: ['ONE', 'three'], removeTags: ['two', 'none'], customFields: { a: null } }))
      .toEqual({ ...made, tags: ['One', 'three'], customFields: { b: 0 }, updatedAt: '2026-03-02T00:00:00.000Z' });
    await service.clock('2026-03-03T00:00:00Z');
    expect(await patch({ firstName: 'P', addTags: ['one'], customFields: { b: 0, a: '' } })).toMatchObject({ updatedAt: '2026-03-02T00:00:00.000Z' });
    expect(await patch({ firstName: null, leadScore: null, tags: null })).toMatchObject({
      firstName: null, leadScore: null, tags: [], updatedAt: '2026-03-03T00:00:00.000Z',
    });
    await tenant.request('POST', '/contacts', { email: 'q@example.com' });
    expect((await tenant.request('PATCH', `/contacts/${made.id}`, { email: 'Q@example.com' })).status).toBe(409);
    expect((await patch({ email: 'P@Example.com' })).email).toBe('P@Example.com');
    expect((await tenant.request('PATCH', `/contacts/${made.id}`, { email: null })).status).toBe(422);
  });

  it('applies the rows of a batch in their order, and sets the bad ones aside', async () => {
    const outcome = await batch([
      { email: 'one@example.com', firstName: 'A', tags: ['x'] },
      { email: 'nowhere' },
      { email: 'ONE@example.com', lastName: 'B', addTags: ['y'] },
      'no row', { firstName: 'no address' },
      { email: 'two@example.com', subscriptionStatus: 'pending' },
    ]);
    expect(outcome).toMatchObject({ created: 2, updated: 1, skipped: 0 });
    expect(outcome.failed.map(({ index, errors }) => [index, ...codes(errors)])).toEqual([
      [1, '/email value_invalid'], [3, ' shape_invalid'], [4, '/email value_missing'],
    ]);
    expect(await byEmail('one@EXAMPLE.com')).toMatchObject({ email: 'ONE@example.com', firstName: 'A', lastName: 'B', tags: ['x', 'y'], subscriptionStatus: 'active' });
    expect(await batch([{ email: 'one@example.com', firstName: 'Z' }, { email: 'three@example.com' }, { email: 'three@example.com' }], { onDuplicate: 'skip' }))
      .toEqual({ created: 1, updated: 0, skipped: 2, failed: [] });
    expect((await byEmail('one@example.com')).firstName).toBe('A');
  });

  it('moves updatedAt of a batch only where a stored property really changed', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'n', label: 'N', type: 'number' });
    const rows = [{ email: 'u1@example.com', leadScore: 0.1, customFields: { n: 1e15 } }, { email: 'u2@example.com', tags: ['t'] }];
    await batch(rows);
    await service.clock('2026-04-01T00:00:00Z');
    expect(await batch([rows[0], { ...rows[1], tags: ['T'] }])).toMatchObject({ created: 0, updated: 2 });
    expect(await byEmail('u1@example.com')).toMatchObject({ updatedAt: '2026-03-01T12:00:00.000Z', leadScore: 0.1, customFields: { n: 1e15 } });
    expect(await byEmail('u2@example.com')).toMatchObject({ updatedAt: '2026-04-01T00:00:00.000Z', tags: ['T'] });
  });

  it('refuses a batch of more than 10,000 rows whole, and takes one of 10,000', async () => {
    const rows = Array.from({ length: 10_001 }, (_, index) => ({ email: `n${index}@example.com`, firstName: `N ${index}` }));
    expect((await tenant.request('POST', '/contacts/batch', { contacts: rows })).status).toBe(413);
    expect((await tenant.request<List<Contact>>('GET', '/contacts')).body.items).toEqual([]);
    expect(await batch(rows.slice(1))).toEqual({ created: 10_000, updated: 0, skipped: 0, failed: [] });
    expect(await batch(rows.slice(1).reverse())).toEqual({ created: 0, updated: 10_000, skipped: 0, failed: [] });
  });

  it('loses nothing and doubles nothing when batches of the same addresses in other orders race', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({ email: `race${index}@example.com` }));
    const shuffled = (seed: number): object[] => rows.map((row, index) => ({ row, place: (index * 7919 * (seed + 1)) % 307 }))
      .sort((a, b) => a.place - b.place).map(({ row }) => ({ ...row, addTags: [`t${seed}`] }));
    const outcomes = await Promise.all(Array.from({ length: 8 }, async (_, seed) => await tenant.request<Outcome>('POST', '/contacts/batch', { contacts: shuffled(seed) })));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(outcomes.reduce((sum, { body }) => sum + body.created, 0)).toBe(300);
    const { items } = (await tenant.request<List<Contact>>('GET', '/contacts?limit=1000')).body;
    expect(items).toHaveLength(300);
    for (const { tags } of items) expect([...tags].sort()).toEqual(['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7']);
  });

  it('walks the list by cursors, each contact once', async () => {
    await batch(Array.from({ length: 7 }, (_, index) => ({ email: `l${index}@example.com` })));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: List<Contact> = (await tenant.request<List<Contact>>('GET', `/contacts?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)).body;
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(7);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  it('shows another tenant nothing', async () => {
    const mine = (await tenant.request<Contact>('POST', '/contacts', { email: 'mine@example.com' })).body;
    const other = await service.tenant('Other');
    expect((await other.request('GET', `/contacts/${mine.id}`)).status).toBe(404);
    expect((await other.request('PATCH', `/contacts/${mine.id}`, { firstName: 'X' })).status).toBe(404);
    expect((await other.request('DELETE', `/contacts/${mine.id}`)).status).toBe(404);
    expect((await other.request('POST', '/contacts', { email: 'mine@example.com' })).status).toBe(201);
  });

  it('erases a person with their events, whose ids stay used up', async () => {
    const made = (await tenant.request<Contact>('POST', '/contacts', { email: 'gone@example.com' })).body;
    const event = { id: 'evt_gone', type: 'opened', email: 'gone@example.com', occurredAt: '2026-02-01T00:00:00Z' };
    await tenant.request('POST', '/events/batch', { events: [event] });
    expect((await tenant.request('DELETE', `/contacts/${made.id}`)).status).toBe(204);
    expect((await tenant.request('GET', `/contacts/${made.id}`)).status).toBe(404);
    expect((await tenant.request('DELETE', `/contacts/${made.id}`)).status).toBe(404);
    await tenant.request('POST', '/contacts', { email: 'gone@example.com' });
    expect((await tenant.request('POST', '/events/batch', { events: [event] })).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('lets only an admin erase', async () => {
    const { apiKey } = (await tenant.request<{ apiKey: string }>('POST', '/api-keys', { name: 'e', role: 'editor' })).body;
    const made = (await tenant.as(apiKey)<Contact>('POST', '/contacts', { email: 'kept@example.com' })).body;
    expect((await tenant.as(apiKey)('DELETE', `/contacts/${made.id}`)).status).toBe(403);
  });
});
