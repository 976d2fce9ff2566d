import { setTimeout as after } from 'node:timers/promises';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Import { id: string; kind: string; status: string; total: number; created: number; updated: number; skipped: number; failed: number; error: string | null; rollback: { removed: number; restored: number; kept: number } }
interface Event { id: string; type: string; occurredAt: string; revenue: number | null; campaignId: string | null; properties: Record<string, unknown> }
interface Contact { id: string; email: string; subscriptionStatus: string }
interface Preview { missing: string[]; mapping: Record<string, unknown>; outcome: object | null; rows: { line: number; event: Event }[]; errors: { line: number; errors: object[] }[]; columns: { column: string; field: string | null; question: string | null }[]; delimiter: string }

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const json = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

describe('An import of events', () => {
  let service: TestService;
  let tenant: TestTenant;
  let [ada, bob]: string[] = [];

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'customer', label: 'Customer', type: 'text' });
    [ada, bob] = await Promise.all([['ada@example.com', '00001'], ['bob@example.com', 'B-2']].map(async ([email, customer]) =>
      (await tenant.request<Contact>('POST', '/contacts', { email, customFields: { customer } })).body.id)) as [string, string];
  });

  const send = async (file: string | Uint8Array<ArrayBuffer>, query = '', type = 'text/csv') =>
    await tenant.request<Import & { errors?: { path: string; code: string }[] }>('POST', `/imports?kind=events${query}`, file, { 'content-type': type });
  const ended = async (id: string): Promise<Import> => {
    for (let tries = 0; tries < 600; tries += 1) {
      const { body } = await tenant.request<Import>('GET', `/imports/${id}`);
      if (!['queued', 'running', 'rolling_back'].includes(body.status)) return body;
      await after(50);
    }
    throw new Error('the import does not end');
  };
  const done = async (file: string | Uint8Array<ArrayBuffer>, query = '', type = 'text/csv'): Promise<Import> => {
    const { status, body } = await send(file, query, type);
    expect({ status, errors: body.errors }).toEqual({ status: 202, errors: undefined });
    return await ended(body.id);
  };
  const rolledBack = async (id: string): Promise<Import> => {
    expect((await tenant.request('POST', `/imports/${id}/rollback`)).status).toBe(202);
    return await ended(id);
  };
  const bytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await (await fetch(
    `${service.url}/api/v1${path}`, { headers: { authorization: `Bearer ${tenant.apiKey}` } })).arrayBuffer());
  const events = async (contactId: string): Promise<Event[]> => (await tenant.request<{ items: Event[] }>('GET', `/contacts/${contactId}/events`)).body.items;
  const status = async (contactId: string): Promise<string> => (await tenant.request<Contact>('GET', `/contacts/${contactId}`)).body.subscriptionStatus;
  const opens = async (contactId: string): Promise<unknown> => {
    const { body } = await tenant.request<{ count: number }>('POST', '/segments/preview', { exact: true, rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.total_opens', operator: 'greater_than', value: 0 }, { field: 'contact.email', operator: 'equals', value: (await tenant.request<Contact>('GET', `/contacts/${contactId}`)).body.email }] }] } });
    return body.count;
  };

  it('reads columns in their forms, with fixed values beside them, and gives the rows at fault back to be mended', async () => {
    const query = `&delimiter=semicolon&decimal=comma&dates=dmy&timezone=Europe/Berlin&fixed=${json({ type: 'converted', 'properties.tool': 'old' })}`
      + `&mapping=${json({ Nr: 'id', Mail: 'email', Datum: 'occurredAt', Betrag: 'revenue', Menge: { field: 'properties.units', as: 'number' }, VIP: { field: 'properties.vip', as: 'boolean', values: { ja: 'true', nein: 'false' } } })}`;
    const file = 'Nr;Mail;Datum;Betrag;Menge;VIP\r\no1;ADA@example.com;31.12.2025 10:00;1.234,50;2;ja\r\no2;nobody@example.com;31.02.2025;viel;zwei;nein\r\n;bob@example.com;01.01.2026;1,0;1;nein\r\n';
    const outcome = await done(file, query);
    expect(outcome).toMatchObject({ kind: 'events', status: 'succeeded', total: 3, created: 1, updated: 0, skipped: 0, failed: 2 });
    expect(await events(ada!)).toEqual([expect.objectContaining({ id: 'o1', type: 'converted', occurredAt: '2025-12-31T09:00:00.000Z', revenue: 1234.5, properties: { units: 2, vip: true, tool: 'old' } })]);
    const { body } = await tenant.request<{ items: { line: number; errors: { column: string; value: unknown; code: string }[] }[] }>('GET', `/imports/${outcome.id}/errors`);
    expect(body.items.map(({ line, errors }) => [line, errors.map(({ column, value, code }) => [column, value, code])])).toEqual([
      [3, [['Datum', '31.02.2025', 'value_invalid'], ['Betrag', 'viel', 'value_invalid'], ['Mail', 'nobody@example.com', 'unknown_contact']]],
      [4, [['Nr', '', 'value_invalid']]],
    ]);
    const text = Buffer.from(await bytes(`/imports/${outcome.id}/errors?format=csv`)).toString('utf8').replace('nobody@example.com;31.02.2025;viel;zwei', 'bob@example.com;28.02.2025;2,5;2').replace('\r\n;bob', '\r\no3;bob');
    expect(await done(text, query)).toMatchObject({ created: 2, failed: 0 });
    expect((await events(bob!)).map(({ id, revenue }) => [id, revenue])).toEqual([['o3', 1], ['o2', 2.5]]);
    // All of it again, as it was at first: what is there is there, once.
    expect(await done(file, query)).toMatchObject({ created: 0, skipped: 1, failed: 2 });
  });

  it('without ids counts rows alike as often as they are there, and never twice, in whatever order or form they are sent again', async () => {
    const row = (email: string, day: number): string => `${email},opened,2026-01-${String(day).padStart(2, '0')}T00:00:00Z,x`;
    const rows = [...Array.from({ length: 1100 }, () => row('ada@example.com', 2)), row('bob@example.com', 1), row('bob@example.com', 3)];
    const first = await done(['email,type,occurredAt,properties.a', ...rows].join('\n'));
    expect(first).toMatchObject({ created: 1102, skipped: 0, failed: 0 });
    const turned = [...rows].reverse().map((one) => one.split(',').reverse().join());
    expect(await done(['properties.a,occurredAt,type,email', ...turned].join('\n'))).toMatchObject({ created: 0, skipped: 1102 });
    const objects = rows.map((one) => JSON.stringify(Object.fromEntries(one.split(',').map((cell, at) => [['email', 'type', 'occurredAt', 'properties'][at], at === 3 ? { a: cell } : cell])))).join('\n');
    expect(await done(`${objects}\n${JSON.stringify({ contactId: bob, type: 'clicked', occurredAt: '2026-01-01T00:00:00Z' })}`, '', 'application/x-ndjson')).toMatchObject({ created: 1, skipped: 1102 });
  }, 60_000);

  it('finds contacts by a custom field, in a table whose columns stand apart by blanks, and gives that back to be mended too', async () => {
    await tenant.request('POST', '/contacts', { email: 'twin@example.com', customFields: { customer: 'b-2' } });
    const file = ' customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n 00001 19970101  1   11.77\r\n B-2 19970112  5   77.00\r\n 00009 19970112  5   ""\r\n';
    const query = `&delimiter=whitespace&timezone=UTC&fixed=${json({ type: 'converted' })}&mapping=${json({ customer_id: 'customFields.customer', date: { field: 'occurredAt', dates: 'ymd' }, number_of_cds: { field: 'properties.units', as: 'number' }, dollar_value: 'revenue' })}`;
    const outcome = await done(file, query);
    expect(outcome).toMatchObject({ created: 2, failed: 2 });
    expect((await events(ada!)).map(({ occurredAt, revenue, properties }) => [occurredAt, revenue, properties])).toEqual(Array(2).fill(['1997-01-01T00:00:00.000Z', 11.77, { units: 1 }]));
    const { body } = await tenant.request<{ items: { errors: { column: string; code: string }[] }[] }>('GET', `/imports/${outcome.id}/errors`);
    expect(body.items.map(({ errors }) => errors.map(({ column, code }) => [column, code]))).toEqual([[['customer_id', 'ambiguous_contact']], [['customer_id', 'unknown_contact']]]);
    const text = Buffer.from(await bytes(`/imports/${outcome.id}/errors?format=csv`)).toString('utf8').replace('00009', '00001');
    expect(await done(text, query)).toMatchObject({ created: 1, failed: 1 });
  });

  it('of a file without a header gives rows at fault back with one, which is known when they are sent again with the same options', async () => {
    const query = `&header=no&fixed=${json({ type: 'opened' })}&mapping=${json({ 'column 1': 'email', 'column 2': 'occurredAt' })}`;
    const outcome = await done('ada@example.com,2026-01-01T00:00:00Z\nada@example.com,soon\n', query);
    expect(outcome).toMatchObject({ total: 2, created: 1, failed: 1 });
    const text = Buffer.from(await bytes(`/imports/${outcome.id}/errors?format=csv`)).toString('utf8');
    expect(await done(text.replace('soon', '2026-01-02T00:00:00Z'), query)).toMatchObject({ total: 1, created: 1, failed: 0 });
  });

  it('that is rolled back leaves no event, no figure and no status of its own, and ids that are free again', async () => {
    const file = 'id,email,type,occurredAt\ne1,ada@example.com,opened,2026-01-01T00:00:00Z\ne2,ada@example.com,unsubscribed,2026-01-02T00:00:00Z\ne3,bob@example.com,complained,2026-01-03T00:00:00Z\ne0,bob@example.com,opened,2026-01-03T00:00:00Z\n';
    await tenant.request('POST', '/events/batch', { events: [{ id: 'e0', email: 'bob@example.com', type: 'opened', occurredAt: '2026-01-03T00:00:00Z' }] });
    const before = [await bytes('/contacts/export?format=ndjson'), await bytes('/events/export?format=ndjson')];
    const outcome = await done(file);
    expect(outcome).toMatchObject({ created: 3, skipped: 1 });
    expect([await status(ada!), await status(bob!), await opens(ada!)]).toEqual(['unsubscribed', 'complained', 1]);
    expect(await rolledBack(outcome.id)).toMatchObject({ status: 'rolled_back', rollback: { removed: 3, restored: 2, kept: 0 } });
    expect([await bytes('/contacts/export?format=ndjson'), await bytes('/events/export?format=ndjson')]).toEqual(before);
    expect([await opens(ada!), await opens(bob!)]).toEqual([0, 1]);
    expect(await done(file)).toMatchObject({ created: 3, skipped: 1 });
  });

  it('that is rolled back makes nobody active who has left by an event of their own, or was changed, since', async () => {
    const outcome = await done('id,email,type,occurredAt\ne1,ada@example.com,unsubscribed,2026-01-02T00:00:00Z\ne2,bob@example.com,unsubscribed,2026-01-03T00:00:00Z\n');
    await tenant.request('POST', '/events/batch', { events: [{ id: 'own', email: 'ada@example.com', type: 'unsubscribed', occurredAt: '2026-01-03T00:00:00Z' }] });
    await tenant.request('PATCH', `/contacts/${bob}`, { firstName: 'Bob' });
    expect(await rolledBack(outcome.id)).toMatchObject({ rollback: { removed: 2, restored: 0, kept: 2 } });
    expect([await status(ada!), await status(bob!)]).toEqual(['unsubscribed', 'unsubscribed']);
    expect((await tenant.request<{ items: object[] }>('GET', `/imports/${outcome.id}/kept`)).body.items.map((one) => (one as { reason: string }).reason)).toEqual(['changed', 'changed']);
  });

  it('of what an export of events gave is the identity, as CSV, workbook and NDJSON', async () => {
    await tenant.request('POST', '/events/batch', { events: [
      { id: '=1', email: 'ada@example.com', type: 'clicked', occurredAt: '2026-01-01T00:00:00.123Z', campaignId: '-c', url: 'https://x/?a="b",c', device: '@m', revenue: -0.5, properties: { a: [1, { b: '\n' }], ['__proto__']: 'x' } },
      { id: 'b', email: 'bob@example.com', type: 'opened', occurredAt: '2026-01-02T00:00:00Z' },
    ] });
    const whole = await bytes('/events/export?format=ndjson');
    for (const [format, type] of [['csv', 'text/csv'], ['xlsx', xlsx], ['ndjson', 'application/x-ndjson']]) {
      const file = await bytes(`/events/export?format=${format}`);
      expect(await done(file, '', type)).toMatchObject({ created: 0, skipped: 2, failed: 0 });
      const other = await service.tenant();
      for (const email of ['ada@example.com', 'bob@example.com']) await other.request('POST', '/contacts', { email });
      if (format === 'ndjson') continue;
      const mine = tenant;
      tenant = other;
      expect(await done(file, `&mapping=${json({ contactId: null })}`, type)).toMatchObject({ created: 2, failed: 0 });
      const bare = (text: Uint8Array): object[] => Buffer.from(text).toString('utf8').trim().split('\n').map((line) => ({ ...JSON.parse(line) as object, contactId: '' }));
      expect(bare(await bytes('/events/export?format=ndjson'))).toEqual(bare(whole));
      tenant = mine;
    }
  }, 60_000);

  it.each([
    ['a type', 'email,occurredAt\n', '', '/mapping', 'value_missing', 'mapped to type'],
    ['whose it is', 'type,occurredAt\n', '', '/mapping', 'value_missing', 'mapped to email, contactId or a custom field'],
    ['one owner', 'email,customFields.customer,type,occurredAt\n', '', '/mapping', 'value_invalid', 'is said once'],
    ['a field that can name somebody', 'customFields.when,type,occurredAt\n', '', '/mapping', 'value_invalid', 'of the type date'],
    ['columns that are fields', 'email,type,occurredAt,firstName\n', '', '/mapping', 'unknown_field', '"firstName" is no field'],
    ['a fixed field that there is', 'email,type,occurredAt\n', `&fixed=${json({ firstName: 'x' })}`, '/fixed', 'unknown_field', '"firstName"'],
    ['a field said once', 'email,type,occurredAt\n', `&fixed=${json({ type: 'opened' })}`, '/mapping', 'value_invalid', 'mapped to type, or it is fixed'],
    ['options of events', 'email,type,occurredAt\n', '&tags=x', '/tags', 'value_not_allowed', 'tags is of contacts'],
    ['properties said once', 'email,type,occurredAt,properties,properties.a\n', '', '/mapping', 'value_invalid', 'as a whole, or property by property'],
  ])('without %s is refused as a whole', async (_, file, query, path, code, part) => {
    await tenant.request('POST', '/custom-fields', { key: 'when', label: 'When', type: 'date' });
    const { status, body } = await send(file, query);
    expect({ status, errors: body.errors }).toEqual({ status: 422, errors: [{ path, code, message: expect.stringContaining(part) as string }] });
  });

  it('is previewed: types by their other names, properties by their values, what is missing and what rows would make', async () => {
    const preview = async (file: string, query = ''): Promise<Preview> => (await tenant.request<Preview>('POST', `/imports/preview?kind=events${query}`, file, { 'content-type': 'text/csv' })).body;
    const seen = await preview('Recipient;Event;Timestamp;Campaign;Seats\nada@example.com;click;2026-01-01T10:00:00Z;c1;3\nnobody@example.com;Opened;2026-01-02T10:00:00Z;c1;4\n');
    expect(seen.mapping).toEqual({ Recipient: 'email', Event: { field: 'type', values: { click: 'clicked', Opened: 'opened' } }, Timestamp: 'occurredAt', Campaign: 'campaignId', Seats: { field: 'properties.Seats', as: 'number' } });
    expect(seen).toMatchObject({ missing: [], outcome: { created: 1, updated: 0, skipped: 0, failed: 1 }, errors: [{ line: 3 }] });
    expect(seen.rows).toEqual([{ line: 2, event: expect.objectContaining({ type: 'clicked', campaignId: 'c1', properties: { Seats: 3 } }) as Event }]);
    expect(await events(ada!)).toEqual([]);
    const table = ' customer  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n 00001 19970112  1   12.00\r\n';
    expect(await preview(table)).toMatchObject({ delimiter: 'whitespace', missing: ['type'], outcome: null });
    const whole = await preview(table, `&fixed=${json({ type: 'converted' })}&timezone=UTC`);
    expect(whole).toMatchObject({ missing: [], outcome: { created: 2 }, mapping: { customer: 'customFields.customer', date: { field: 'occurredAt', dates: 'ymd' }, number_of_cds: { field: 'properties.number_of_cds', as: 'number' }, dollar_value: 'revenue' } });
  });

  it('forgets the ids of events that were taken back or whose contact was erased', async () => {
    const owner = await service.owner();
    try {
      await owner.query('select set_config(\'app.tenant_id\', $1, false)', [tenant.id]);
      const noted = async (): Promise<string[]> => (await owner.query<{ event_id: string }>('select event_id from import_event where tenant_id = $1 order by event_id', [tenant.id])).rows.map((row) => row.event_id);
      await done(`id,email,type,occurredAt\n${['a', 'b', 'c'].map((id) => `${id},${id === 'c' ? 'bob' : 'ada'}@example.com,opened,2026-01-02T00:00:00Z\n`).join('')}`);
      expect((await tenant.request('DELETE', '/events/a')).status).toBe(204);
      expect(await noted()).toEqual(['b', 'c']);
      await tenant.request('DELETE', `/contacts/${ada}`);
      expect(await noted()).toEqual(['c']);
    } finally {
      await owner.end();
    }
  });

  it('of NDJSON refuses rows that say what is fixed, or properties that are none, and adds fixed ones to others', async () => {
    const row = (more: object): string => `${JSON.stringify({ email: 'ada@example.com', occurredAt: '2026-01-01T00:00:00Z', ...more })}\n`;
    const file = [{ properties: 'bad' }, { properties: ['a'] }, { type: 'clicked' }, { properties: { tool: 'new' } }, { properties: { a: 1 } }, { properties: null }, {}].map(row).join('');
    const query = `&fixed=${json({ type: 'opened', 'properties.tool': 'old' })}`;
    const outcome = await done(file, query, 'application/x-ndjson');
    expect(outcome).toMatchObject({ created: 3, failed: 4 });
    const { body: { items } } = await tenant.request<{ items: { line: number; errors: { path: string; value: unknown }[] }[] }>('GET', `/imports/${outcome.id}/errors`);
    expect(items.map(({ line, errors }) => [line, errors.map(({ path, value }) => [path, value])])).toEqual([
      [1, [['/properties', 'bad']]], [2, [['/properties', ['a']]]], [3, [['/type', 'clicked']]], [4, [['/properties/tool', 'new']]]]);
    expect((await events(ada!)).map(({ type, properties }) => [type, properties])).toEqual(expect.arrayContaining([['opened', { a: 1, tool: 'old' }], ['opened', { tool: 'old' }], ['opened', { tool: 'old' }]]));
    await tenant.request('PATCH', `/contacts/${ada}`, { source: 'own' });
    const contacts = await tenant.request<Preview>('POST', `/imports/preview?fixed=${json({ source: 'fair' })}`, '{"email":"ada@example.com","source":"x"}\n{"email":"bob@example.com"}\n', { 'content-type': 'application/x-ndjson' });
    expect(contacts.body).toMatchObject({ outcome: { updated: 1, failed: 1 }, errors: [{ line: 1, errors: [{ path: '/source', value: 'x' }] }] });
  });

  describe('of which the preview suggests a mapping, which it takes itself', () => {
    const preview = async (file: string, query = ''): Promise<Preview> => {
      const { status, body } = await tenant.request<Preview>('POST', `/imports/preview?kind=events${query}`, file, { 'content-type': 'text/csv' });
      expect({ status, errors: body.errors }).toEqual({ status: 200, errors: [] });
      return body;
    };

    it.each(['metadata', 'payload', 'properties'])('gives properties to the column %s and nothing to other unknown ones', async (name) => {
      const file = `email,type,occurredAt,${name},Seats,properties.tool\nada@example.com,opened,2026-01-01T00:00:00Z,"{""a"":1}",3,x\n`;
      expect(await preview(file)).toMatchObject({ mapping: { [name]: 'properties', Seats: null, 'properties.tool': null }, outcome: { created: 1 } });
      expect(await preview(file, `&mapping=${json({ Seats: 'properties.seats', 'properties.tool': null })}`)).toMatchObject({ mapping: { [name]: null, Seats: 'properties.seats' }, outcome: { created: 1 } });
      expect(await preview(file, `&fixed=${json({ 'properties.tool': 'old' })}&mapping=${json({ 'properties.tool': null })}`)).toMatchObject({ mapping: { [name]: null }, outcome: { created: 1 } });
    });

    it('takes for the owner no custom field that names nobody, and none beside an owner that is said', async () => {
      await tenant.request('POST', '/custom-fields', { key: 'born', label: 'Born', type: 'date' });
      const file = 'born,customer,Kunde,type,occurredAt\n2000-01-01,00001,ada@example.com,opened,2026-01-01T00:00:00Z\n';
      expect(await preview(file.replaceAll(/,(customer|00001),/g, ',').replaceAll(/,(Kunde|ada@example.com),/g, ','))).toMatchObject({ missing: [expect.stringContaining('email')], mapping: { born: 'properties.born' } });
      expect(await preview(file, `&mapping=${json({ Kunde: 'email' })}`)).toMatchObject({ missing: [], mapping: { born: 'properties.born', customer: 'properties.customer', Kunde: 'email' }, outcome: { created: 1 } });
      expect(await preview(file, `&mapping=${json({ customer: 'customFields.customer' })}`)).toMatchObject({ mapping: { customer: 'customFields.customer', Kunde: 'properties.Kunde' }, outcome: { created: 1 } });
    });

    it('shows events with the lines of their rows, after an id that was there as well', async () => {
      await tenant.request('POST', '/events/batch', { events: [{ id: 'gone', email: 'ada@example.com', type: 'opened', occurredAt: '2026-01-01T00:00:00Z' }] });
      expect((await tenant.request('DELETE', '/events/gone')).status).toBe(204);
      const row = (id: string): string => `${id},ada@example.com,opened,2026-01-01T00:00:00Z\n`;
      const seen = await preview(`id,email,type,occurredAt\n${['gone', 'a', 'a', 'b'].map(row).join('')}`);
      expect(seen.rows.map(({ line, event }) => [line, event.id])).toEqual([[3, 'a'], [5, 'b']]);
    });
  });
});
