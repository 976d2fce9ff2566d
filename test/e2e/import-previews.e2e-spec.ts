import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { sheetFile } from '../support/workbook.js';

interface Column { column: string; field: string | null; confidence: number; question: string | null; newField: { key: string; type: string; options?: string[] } | null; newMapping: unknown }
interface Preview {
  format: string; encoding: string | null; delimiter: string | null; header: string | null; sampled: number; whole: boolean; mapping: Record<string, unknown>;
  columns: Column[]; outcome: { created: number; updated: number; failed: number } | null; rows: { line: number; contact: Record<string, unknown> }[]; errors: { line: number; errors: object[] }[];
}

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const many = (count: number, row: (n: number) => string): string => Array.from({ length: count }, (_, n) => row(n)).join('');

describe('A preview of an import', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  const post = async (path: string, file: string | Uint8Array<ArrayBuffer>, type = 'text/csv') =>
    await tenant.request<Preview & { errors?: { path: string }[]; id: string }>('POST', path, file, { 'content-type': type });
  const preview = async (file: string | Uint8Array<ArrayBuffer>, query = '', type = 'text/csv'): Promise<Preview> => {
    const { status, body } = await post(`/imports/preview${query}`, file, type);
    expect(status).toBe(200);
    return body;
  };
  const count = async (path: string): Promise<number> => (await tenant.request<{ items: unknown[] }>('GET', path)).body.items.length;
  const column = ({ columns }: Preview, name: string): Column | undefined => columns.find((one) => one.column === name);

  it('tells how a German file is written and what its columns are, and its answer sent back imports what it showed', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'born', label: 'Geburtstag', type: 'date' });
    await tenant.request('POST', '/custom-fields', { key: 'customer', label: 'Kunde', type: 'boolean' });
    const file = new Uint8Array(Buffer.from('E-Mail;Vorname;Nachname;Geburtstag;Kunde;Lead-Score;Status;Notiz\r\n'
      + 'ada@example.com;Zoë;Müller;31.12.1990;ja;1.234,5;Subscribed;a\r\nbob@example.com;Bo;B;01.02.2000;nein;7;Unsubscribed;b\r\nnobody;N;N;03.04.2001;ja;0,5;Subscribed;c\r\n', 'latin1'));
    const seen = await preview(file);
    expect(seen).toMatchObject({ format: 'csv', encoding: 'windows-1252', delimiter: 'semicolon', header: 'yes', sampled: 3, whole: true, outcome: { created: 2, updated: 0, failed: 1 } });
    expect(seen.mapping).toEqual({
      'E-Mail': 'email', Vorname: 'firstName', Nachname: 'lastName', Geburtstag: { field: 'customFields.born', dates: 'dmy' }, Kunde: { field: 'customFields.customer', values: { ja: 'true', nein: 'false' } },
      'Lead-Score': { field: 'leadScore', decimal: 'comma' }, Status: { field: 'subscriptionStatus', values: { Subscribed: 'active', Unsubscribed: 'unsubscribed' } }, Notiz: null,
    });
    expect(column(seen, 'Notiz')).toMatchObject({ field: null, newField: { key: 'notiz', type: 'text' } });
    expect(column(seen, 'Status')!.confidence).toBeLessThan(column(seen, 'Vorname')!.confidence);
    expect(seen.rows.map(({ line, contact }) => [line, contact['email'], contact['firstName'], contact['leadScore'], contact['subscriptionStatus'], contact['customFields']])).toEqual([
      [2, 'ada@example.com', 'Zoë', 1234.5, 'active', { born: '1990-12-31', customer: true }], [3, 'bob@example.com', 'Bo', 7, 'unsubscribed', { born: '2000-02-01', customer: false }]]);
    expect(seen.errors).toEqual([{ line: 4, errors: [expect.objectContaining({ column: 'E-Mail', path: '/email', value: 'nobody' })] }]);
    expect([await count('/contacts'), await count('/imports')]).toEqual([0, 0]);

    const { status, body: { id } } = await post(`/imports?encoding=${seen.encoding}&delimiter=${seen.delimiter}&header=${seen.header}&mapping=${encodeURIComponent(JSON.stringify(seen.mapping))}`, file);
    expect(status).toBe(202);
    for (let tries = 0; tries < 200 && ['queued', 'running'].includes((await tenant.request<{ status: string }>('GET', `/imports/${id}`)).body.status); tries += 1) await new Promise((done) => { setTimeout(done, 50); });
    expect((await tenant.request<{ items: Record<string, unknown>[] }>('GET', '/contacts')).body.items.map(({ id: _, ...contact }) => contact)).toEqual(seen.rows.map(({ contact }) => contact));
  });

  it('guesses nothing that is open: which comes first of day and month, what a comma is, of which zone a time is', async () => {
    for (const [key, type] of [['born', 'date'], ['size', 'number'], ['seen', 'datetime']]) await tenant.request('POST', '/custom-fields', { key, label: key, type });
    const open = await preview('email,born,size,seen\na@example.com,03/04/2001,"1,234",2026-01-01 10:00\nb@example.com,05/06/2001,"5,678",2026-01-02 10:00\n');
    expect(open.mapping).toEqual({ email: 'email', born: 'customFields.born', size: 'customFields.size', seen: 'customFields.seen' });
    expect(open.columns.map(({ question }) => question)).toEqual([null, expect.stringContaining('say dates'), expect.stringContaining('decimal'), expect.stringContaining('timezone')]);
    expect(open.errors.map(({ errors }) => errors.length)).toEqual([2, 2]);
    const told = await preview('email,born,size,seen\na@example.com,03/04/2001,"1,234",2026-01-01 10:00\nb@example.com,31/06/2001,"5,678",2026-01-02 10:00\n',
      `?mapping=${encodeURIComponent(JSON.stringify({ born: { field: 'born', dates: 'dmy' }, size: { field: 'size', decimal: 'comma' } }))}&timezone=Europe/Berlin`);
    expect(told.rows).toEqual([{ line: 2, contact: expect.objectContaining({ customFields: { born: '2001-04-03', size: 1.234, seen: '2026-01-01T09:00:00.000Z' } }) }]);
    expect(told.errors).toEqual([{ line: 3, errors: [expect.objectContaining({ column: 'born' })] }]);
  });

  it('suggests new custom fields by what their values are', async () => {
    const plans = ['Free', 'Pro', 'Team'];
    const { columns } = await preview(`mail,Plan,Interests,Seats,Zip,Trial end,VIP\n${many(40, (n) => `p${n}@example.com,${plans[n % 3]},${n % 2 === 0 ? 'mail;sms' : 'sms'},${n},0${1000 + n},2026-01-${String(n % 28 + 1).padStart(2, '0')},${n % 2 === 0 ? 'yes' : 'no'}\n`)}`);
    expect(columns.map(({ field, newField }) => field ?? [newField?.key, newField?.type, newField?.options ?? []])).toEqual([
      'email', ['plan', 'select', plans], ['interests', 'multi_select', ['mail', 'sms']], ['seats', 'number', []], ['zip', 'text', []], ['trial_end', 'date', []], ['vip', 'boolean', []]]);
    const { newField } = columns[1]!;
    expect((await tenant.request('POST', '/custom-fields', newField)).status).toBe(201);
  });

  it('suggests days as new dates with the order in which they are written, and asks where that is open', async () => {
    const file = (days: readonly string[]): string => `mail;Born\n${days.map((day, n) => `p${n}@example.com;${day}`).join('\n')}\n`;
    const { columns: [, german] } = await preview(file(['31.12.1980', '01.02.1981']));
    expect(german).toMatchObject({ question: null, newField: { key: 'born', type: 'date' }, newMapping: { field: 'customFields.born', dates: 'dmy' } });
    expect((await preview(file(['12/31/1980', '01/02/1981']))).columns[1]).toMatchObject({ newField: { type: 'date' }, newMapping: { field: 'customFields.born', dates: 'mdy' } });
    expect((await preview(file(['01/02/1980', '03/04/1981']))).columns[1]).toMatchObject({ question: expect.stringContaining('say dates') as string, newField: { type: 'date' }, newMapping: 'customFields.born' });
    await tenant.request('POST', '/custom-fields', german!.newField);
    expect(await preview(file(['31.12.1980', '01.02.1981']), `?mapping=${encodeURIComponent(JSON.stringify({ Born: german!.newMapping }))}`))
      .toMatchObject({ rows: [{ contact: { customFields: { born: '1980-12-31' } } }, { contact: { customFields: { born: '1981-02-01' } } }] });
  });

  it('finds addresses in a file without names, and calls its columns by their numbers', async () => {
    const seen = await preview('7\tada@example.com\tAda\n8\tbob@example.com\tBob\n');
    expect(seen).toMatchObject({ delimiter: 'tab', header: 'no', sampled: 2, mapping: { 'column 1': null, 'column 2': 'email', 'column 3': null }, outcome: { created: 2 } });
  });

  it('of two columns for one field suggests the better, and of none with addresses says so', async () => {
    const two = await preview('Address,Work email,Phone,Phone\n1 Main St,ada@example.com,1,2\n');
    expect(two.mapping).toEqual({ Address: null, 'Work email': 'email', Phone: 'phone', 'Phone (2)': null });
    expect(await preview('First name,Score\nAda,5\n')).toMatchObject({ mapping: { 'First name': 'firstName', Score: 'leadScore' }, outcome: null, rows: [], errors: [] });
  });

  it('tells what rows do to contacts that are there, and leaves them', async () => {
    await tenant.request('POST', '/contacts', { email: 'ada@example.com', firstName: 'Ada', company: 'Old' });
    const before = (await tenant.request('GET', '/contacts')).body;
    expect(await preview('email,company\nADA@example.com,New\nbob@example.com,B\n')).toMatchObject({
      outcome: { created: 1, updated: 1, failed: 0 }, rows: [{ contact: { email: 'ADA@example.com', firstName: 'Ada', company: 'New' } }, { contact: { email: 'bob@example.com' } }] });
    expect((await tenant.request('GET', '/contacts')).body).toEqual(before);
  });

  it('of a workbook, of NDJSON and of UTF-16 is made in the same way', async () => {
    const text = (value: string): string => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
    const book = await sheetFile(`<row>${text('Mail')}${text('Signup date')}</row><row>${text('ada@example.com')}<c s="1"><v>46000</v></c></row>`, { 'xl/styles.xml': '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>' });
    expect(await preview(book, '?timezone=UTC', xlsx)).toMatchObject({
      format: 'xlsx', encoding: null, delimiter: null, mapping: { Mail: 'email', 'Signup date': 'createdAt' }, rows: [{ line: 2, contact: { createdAt: '2025-12-09T00:00:00.000Z' } }] });
    expect(await preview('{"email":"ada@example.com"}\n{"email":"nobody"}\n', '', 'application/x-ndjson')).toMatchObject({ format: 'ndjson', mapping: null, header: null, outcome: { created: 1, failed: 1 } });
    expect(await preview(new Uint8Array(Buffer.from('email\tcity\nada@example.com\tKöln\n', 'utf16le')))).toMatchObject({ encoding: 'utf-16le', delimiter: 'tab', rows: [{ contact: { city: 'Köln' } }] });
  });

  it('looks at the beginning only, whatever comes behind it', async () => {
    const file = `email,company\n${many(40_000, (n) => `p${n}@example.com,"Company ${n}"\n`)}"never closed`;
    expect(await preview(file)).toMatchObject({ sampled: 499, whole: false, outcome: { created: 499, failed: 0 } });
    expect((await post('/imports/preview', 'email\n"never closed')).status).toBe(422);
  });

  it('with a mapping that is none is refused', async () => {
    for (const mapping of ['[]', '{"email":{"field":"email","dates":"x"}}', '{"Absent":"city"}']) {
      expect(await post(`/imports/preview?mapping=${encodeURIComponent(mapping)}`, 'email\na@example.com\n')).toMatchObject({ status: 422, body: { errors: [{ path: '/mapping' }] } });
    }
  });

  it('takes a file of one column for one, though its header has two words', async () => {
    const seen = await preview(`E-Mail Address\n${many(3, (n) => `c${n}@example.com\n`)}`);
    expect(seen).toMatchObject({ delimiter: 'comma', mapping: { 'E-Mail Address': 'email' }, outcome: { created: 3, failed: 0 } });
  });
});
