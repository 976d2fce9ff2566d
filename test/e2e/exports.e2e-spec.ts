import { startTestService, type TestService, type TestTenant } from '../support/service.js';

describe('An export', () => {
  let service: TestService;
  let tenant: TestTenant;
  let segment: string;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
    tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'industry', label: 'Industry', type: 'text' });
    await tenant.request('POST', '/contacts/batch', { contacts: [
      { email: 'ada@example.com', firstName: '=1+1', lastName: 'say "hi", twice', leadScore: -5, tags: ['vip', 'a;b'], customFields: { industry: 'line\nbreak' } },
      { email: 'bob@example.com', firstName: '', company: '-5' },
    ] });
    segment = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static', emails: ['ada@example.com', 'bob@example.com'] })).body.id;
  });
  afterAll(async () => { await service.stop(); });

  const get = async (path: string, key = tenant.apiKey): Promise<Response> =>
    await fetch(`${service.url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } });

  it('of members as CSV quotes as RFC 4180 says, and hides formulas but no numbers', async () => {
    const answer = await get(`/segments/${segment}/export?format=csv&fields=email,firstName,lastName,company,leadScore,tags,customFields.industry`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="members.csv"');
    const lines = (await answer.text()).split('\r\n');
    expect(lines[0]).toBe('email,firstName,lastName,company,leadScore,tags,customFields.industry');
    expect(lines.slice(1).sort()).toEqual(['',
      'ada@example.com,\'=1+1,"say ""hi"", twice",,-5,"[""vip"",""a;b""]","line\nbreak"', 'bob@example.com,,,-5,,,']);
  });

  it('of members as CSV has numbers as JSON has them, however small', async () => {
    const own = await service.tenant('Numbers');
    const scores = [0, -0, 7, -7, 0.1 + 0.2, 0.00005, 1.5e-7, 123_456.789, -2.5e-9];
    const { body } = await own.request('POST', '/contacts/batch', { contacts: scores.map((leadScore, n) => ({ email: `p${n + 10}@example.com`, leadScore })) });
    expect(body).toMatchObject({ created: scores.length, failed: [] });
    const lines = (await (await get('/contacts/export?fields=email,leadScore', own.apiKey)).text()).trim().split('\r\n').slice(1);
    expect(lines.sort()).toEqual(scores.map((score, n) => `p${n + 10}@example.com,${score}`));
  });

  it('has a byte order mark where it was asked for only', async () => {
    const bytes = async (path: string): Promise<number[]> => [...new Uint8Array(await (await get(path)).arrayBuffer()).slice(0, 3)];
    expect(await bytes(`/segments/${segment}/export?bom=true`)).toEqual([0xEF, 0xBB, 0xBF]);
    expect(await bytes(`/segments/${segment}/export`)).toEqual([...Buffer.from('id,')]);
  });

  it('as NDJSON is exact: each line is the contact as the list shows it', async () => {
    const lines = (await (await get('/contacts/export?format=ndjson')).text()).trim().split('\n').map((line) => JSON.parse(line) as object);
    const { body } = await tenant.request<{ items: object[] }>('GET', '/contacts');
    expect(lines).toEqual(body.items);
  });

  it('of events names their contacts by id and address', async () => {
    await tenant.request('POST', '/events/batch', { events: [
      { id: 'e1', type: 'clicked', email: 'ada@example.com', occurredAt: '2026-04-01T00:00:00Z', revenue: -1.5, url: '=x', properties: { a: 1 } },
    ] });
    const [head, row] = (await (await get('/events/export?fields=id,type,email,occurredAt,revenue,url,properties')).text()).split('\r\n');
    expect(head).toBe('id,type,email,occurredAt,revenue,url,properties');
    expect(row).toBe('e1,clicked,ada@example.com,2026-04-01T00:00:00.000Z,-1.5,\'=x,"{""a"":1}"');
  });

  it.each([
    ['an unknown field', 'fields=email,salary', '/fields', 'unknown_field'],
    ['a field twice', 'fields=email,email', '/fields', 'value_invalid'],
    ['a property of every object', 'fields=constructor', '/fields', 'unknown_field'],
    ['a column that only the database has', 'fields=tenantId', '/fields', 'unknown_field'],
    ['a format that is not made', 'format=pdf', '/format', 'value_invalid'],
  ])('with %s is refused', async (_, query, path, code) => {
    const answer = await get(`/segments/${segment}/export?${query}`);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ path, code }] });
  });

  it('of a segment that is another tenant\'s is 404', async () => {
    expect((await get(`/segments/${segment}/export`, (await service.tenant('Other')).apiKey)).status).toBe(404);
  });

  it('is of one moment: who comes in between its batches is not in it, and a slow client holds nobody up', async () => {
    const own = await service.tenant('Many');
    const address = (n: number): object => ({ email: `p${String(n).padStart(5, '0')}@example.com`, company: 'x'.repeat(2000) });
    await own.request('POST', '/contacts/batch', { contacts: Array.from({ length: 5000 }, (_, n) => address(n)) });
    const answer = await get('/contacts/export?format=ndjson&fields=email,company', own.apiKey);
    const reader = answer.body!.getReader();
    let text = new TextDecoder().decode((await reader.read()).value);
    await own.request('POST', '/contacts/batch', { contacts: Array.from({ length: 1000 }, (_, n) => address(5000 + n)) });
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += new TextDecoder().decode(part.value);
    expect(text.trim().split('\n')).toHaveLength(5000);
  });

  // Of few members each contact is looked up; many are read side by side with the contacts. What stands between values must be none of theirs.
  it.each([['few', 1100], ['many', 2600]])('of members who are %s among 6,000 contacts has each of them once, whatever their texts', async (name, members) => {
    const own = await service.tenant(name);
    const sent = Array.from({ length: 6000 }, (_, n) => ({
      email: `p${n}@example.com`, leadScore: n < members ? 1 : 0, firstName: n % 700 === 1 ? `a\u001Fb${n}` : `${n}`, lastName: ['\u001A', null, '\u001F', '\u001F\u001A\u001F'][n % 4]!, tags: n % 3 === 0 ? ['x\u001Fy', 'z'] : [],
    }));
    for (let at = 0; at < 6000; at += 3000) await own.request('POST', '/contacts/batch', { contacts: sent.slice(at, at + 3000) });
    const { body: { id } } = await own.request<{ id: string }>('POST', '/segments', {
      name, type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.lead_score', operator: 'equals', value: 1 }] }] },
    });
    await own.request('POST', `/segments/${id}/refresh`, { waitSeconds: 30 });
    const text = await (await get(`/segments/${id}/export?format=ndjson&fields=email,leadScore,firstName,lastName,tags`, own.apiKey)).text();
    const rows = text.trim().split('\n').map((line) => JSON.parse(line) as { email: string });
    const inOrder = (some: readonly { email: string }[]): { email: string }[] => [...some].sort((one, other) => Number(one.email.slice(1).split('@')[0]) - Number(other.email.slice(1).split('@')[0]));
    expect(inOrder(rows)).toEqual(sent.slice(0, members));
  });

  it('of events has each of them once, though its id holds what stands between values', async () => {
    const own = await service.tenant('Events');
    await own.request('POST', '/contacts', { email: 'ada@example.com' });
    const ids = ['a\u001Fb', ...Array.from({ length: 998 }, (_, n) => `e${String(n).padStart(3, '0')}`), 'f\u001Fzz', 'g'];
    await own.request('POST', '/events/batch', { events: ids.map((id) => ({ id, type: 'opened', email: 'ada@example.com', occurredAt: '2026-04-30T12:00:00Z', url: id })) });
    for (const fields of ['id', 'id,url']) {
      const rows = (await (await get(`/events/export?format=ndjson&fields=${fields}`, own.apiKey)).text()).trim().split('\n').map((line) => JSON.parse(line) as { id: string });
      expect(rows).toEqual(ids.map((id) => (fields === 'id' ? { id } : { id, url: id })));
    }
  });
});
