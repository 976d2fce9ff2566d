import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Group { by: string; count: number; contacts: { email: string }[] }

describe('Likely duplicates', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  const store = async (...contacts: object[]): Promise<void> => {
    const { body } = await tenant.request<{ failed: unknown[] }>('POST', '/contacts/batch', { contacts });
    expect(body.failed).toEqual([]);
  };
  const found = async (by: string): Promise<string[][]> => {
    const { status, body } = await tenant.request<{ items: Group[] }>('GET', `/contacts/duplicates?by=${by}`);
    expect(status).toBe(200);
    expect(body.items.every((group) => group.by === by && group.count === group.contacts.length)).toBe(true);
    return body.items.map(({ contacts }) => contacts.map(({ email }) => email)).sort();
  };

  it('by mailbox: what follows a plus is left out, and at Gmail the dots', async () => {
    await store(
      { email: 'Ada.L@gmail.com', createdAt: '2026-02-01T00:00:00Z' }, { email: 'adal+news@googlemail.com', createdAt: '2026-01-01T00:00:00Z' },
      { email: 'grace+a@example.com' }, { email: 'grace@example.com' }, { email: 'gr.ace@example.com' }, { email: 'grace@example.org' },
    );
    const groups = await found('email');
    expect(groups.map((group) => [...group].sort())).toEqual([['Ada.L@gmail.com', 'adal+news@googlemail.com'], ['grace+a@example.com', 'grace@example.com']]);
    // The oldest stands first.
    expect(groups).toContainEqual(['adal+news@googlemail.com', 'Ada.L@gmail.com']);
  });

  it('by telephone: the last ten digits, however they are written, and seven at least', async () => {
    await store(
      { email: 'a@example.com', phone: '+1 (415) 555-0100' }, { email: 'b@example.com', phone: '415.555.0100' }, { email: 'c@example.com', phone: '415 555 0101' },
      { email: 'd@example.com', phone: '0100' }, { email: 'e@example.com', phone: '01-00' }, { email: 'f@example.com' }, { email: 'g@example.com' },
    );
    expect(await found('phone')).toEqual([['a@example.com', 'b@example.com']]);
  });

  it('by first name, last name and company, whatever their letter case and blanks', async () => {
    const ada = { firstName: 'Ada', lastName: 'Byron  King', company: 'ACME' };
    await store(
      { ...ada, email: 'a@example.com' }, { firstName: 'ADA', lastName: 'byron king', company: 'Acme', email: 'b@example.com' },
      { ...ada, email: 'c@example.com', company: null }, { ...ada, email: 'd@example.com', company: null }, { ...ada, email: 'e@example.com', lastName: 'Byron' },
    );
    expect(await found('name')).toEqual([['a@example.com', 'b@example.com']]);
  });

  it('come in pages, each group once, by mailbox where nothing is said', async () => {
    await store(...Array.from({ length: 14 }, (_, n) => ({ email: `p${n % 7}${n < 7 ? '' : '+x'}@example.com` })));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: { items: Group[]; nextCursor: string | null } } = await tenant.request('GET', `/contacts/duplicates?limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...body.items.map(({ contacts }) => contacts[0]!.email));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen.sort()).toEqual(Array.from({ length: 7 }, (_, n) => `p${n}@example.com`));
  });

  it('of more than twenty names the oldest twenty, and says how many they are', async () => {
    await store(...Array.from({ length: 23 }, (_, n) => ({ email: `ada+${n}@example.com` })));
    const { body } = await tenant.request<{ items: Group[] }>('GET', '/contacts/duplicates');
    expect(body.items.map(({ count, contacts }) => [count, contacts.length])).toEqual([[23, 20]]);
  });

  it('by something else is a 422 that names what is known', async () => {
    const { status, body } = await tenant.request<{ errors: { path: string; message: string }[] }>('GET', '/contacts/duplicates?by=shoe');
    expect([status, body.errors[0]?.path]).toEqual([422, '/by']);
    expect(body.errors[0]?.message).toContain('email');
  });
});
