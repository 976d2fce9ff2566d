import { setTimeout as after } from 'node:timers/promises';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { sheetFile } from '../support/workbook.js';

interface Import {
  id: string; status: string; total: number; created: number; updated: number; skipped: number; failed: number; segmentId: string | null;
  error: string | null; rollback: { removed: number; restored: number; kept: number };
}
interface Contact { id: string; email: string; firstName: string | null; subscriptionStatus: string; leadScore: number | null; tags: string[]; updatedAt: string; customFields: object }

const open = ['queued', 'running', 'rolling_back'];

describe('An import', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  const send = async (file: string | Uint8Array<ArrayBuffer>, query = '', type = 'text/csv', headers: Record<string, string> = {}) =>
    await tenant.request<Import & { errors?: { path: string; code: string }[] }>('POST', `/imports${query}`, file, { 'content-type': type, ...headers });
  const ended = async (id: string): Promise<Import> => {
    for (let tries = 0; tries < 300; tries += 1) {
      const { body } = await tenant.request<Import>('GET', `/imports/${id}`);
      if (!open.includes(body.status)) return body;
      await after(50);
    }
    throw new Error('the import does not end');
  };
  const done = async (file: string | Uint8Array<ArrayBuffer>, query = '', type = 'text/csv'): Promise<Import> => {
    const { status, body } = await send(file, query, type);
    expect(status).toBe(202);
    return await ended(body.id);
  };
  const contacts = async (): Promise<Contact[]> => (await tenant.request<{ items: Contact[] }>('GET', '/contacts?limit=1000')).body.items;

  it('of a CSV makes contacts, tags them, and makes a segment of them', async () => {
    const outcome = await done('email,First Name,lead_score\r\nada@example.com,Ada,7\r\nbob@example.com,"Bo\nb",\r\n', '?tags=fair&segmentName=Fair');
    expect(outcome).toMatchObject({ status: 'succeeded', total: 2, created: 2, failed: 0 });
    expect(await contacts()).toEqual([
      expect.objectContaining({ email: 'ada@example.com', firstName: 'Ada', leadScore: 7, tags: ['fair'] }),
      expect.objectContaining({ email: 'bob@example.com', firstName: 'Bo\nb', leadScore: null, tags: ['fair'] }),
    ]);
    const { body: history } = await tenant.request<{ items: { via: string }[] }>('GET', `/segments/${outcome.segmentId}/history`);
    expect(history.items.map(({ via }) => via)).toEqual(['import', 'import']);
  });

  it.each(['application/ndjson', 'application/jsonl', 'application/x-jsonlines; charset=utf-8', 'Application/X-NDJSON'])('takes NDJSON as %s too, and looks at it first', async (type) => {
    expect(await done('{"email":"ada@example.com"}\n', '', type)).toMatchObject({ status: 'succeeded', created: 1 });
    expect((await tenant.request('POST', '/imports/preview', '{"email":"ada@example.com"}\n', { 'content-type': type })).status).toBe(200);
  });

  it('of a form with more than a file names what it does not take', async () => {
    const form = new FormData();
    form.set('delimiter', 'semicolon');
    form.set('tags', 'fair');
    form.set('file', new Blob(['email\ncleo@example.com\n']), 'list.csv');
    for (const path of ['imports', 'imports/preview']) {
      const answer = await fetch(`${service.url}/api/v1/${path}`, { method: 'POST', body: form, headers: { authorization: `Bearer ${tenant.apiKey}` } });
      expect([answer.status, await answer.json()]).toMatchObject([422, { errors: [{ path: '/delimiter', code: 'unknown_property' }, { path: '/tags', code: 'unknown_property' }] }]);
    }
    expect(await contacts()).toEqual([]);
  });

  it('of NDJSON, and of a form, does the same', async () => {
    expect(await done('{"email":"ada@example.com"}\n\n{"email":"bob@example.com","leadScore":1}', '', 'application/x-ndjson')).toMatchObject({ created: 2 });
    const form = new FormData();
    form.set('file', new Blob(['email;leadScore\ncleo@example.com;1.234,5\n']), 'list.csv');
    const answer = await fetch(`${service.url}/api/v1/imports?delimiter=semicolon&decimal=comma`, { method: 'POST', body: form, headers: { authorization: `Bearer ${tenant.apiKey}` } });
    expect(answer.status).toBe(202);
    await ended((await answer.json() as Import).id);
    expect((await contacts()).map(({ email, leadScore }) => [email, leadScore])).toEqual([['ada@example.com', null], ['bob@example.com', 1], ['cleo@example.com', 1234.5]]);
  });

  it('tells of each row at fault its line, column, value and reason, and gives the rows back to be mended', async () => {
    const outcome = await done('email,Score\nada@example.com,many\nbob@example.com,1\nnobody,=2\n', `?mapping=${encodeURIComponent('{"Score":"leadScore"}')}`);
    expect(outcome).toMatchObject({ status: 'succeeded', total: 3, created: 1, failed: 2 });
    const { body } = await tenant.request<{ items: object[] }>('GET', `/imports/${outcome.id}/errors`);
    expect(body.items).toEqual([
      { line: 2, errors: [expect.objectContaining({ column: 'Score', path: '/leadScore', value: 'many', code: 'value_invalid' })] },
      { line: 4, errors: [expect.objectContaining({ column: 'email', value: 'nobody' }), expect.objectContaining({ column: 'Score', value: '=2' })] },
    ]);
    const { body: file } = await tenant.request<string>('GET', `/imports/${outcome.id}/errors?format=csv`);
    expect(file.split('\r\n').map((line) => line.split(',').slice(0, 2).join())).toEqual(['email,Score', 'ada@example.com,many', 'nobody,\'=2', '']);
  });

  const errorFile = async (id: string, format: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await (await fetch(
    `${service.url}/api/v1/imports/${id}/errors?format=${format}`, { headers: { authorization: `Bearer ${tenant.apiKey}` } })).arrayBuffer());

  it('gives rows at fault back as a CSV that, mended and sent again with the same options, is imported as it was meant', async () => {
    const query = `?delimiter=semicolon&decimal=comma&encoding=windows-1252&mapping=${encodeURIComponent('{"=Score":"leadScore"}')}`;
    const names = ['=1+1', '\'=1', '\'\'=1', '\'-5', '-5', '+49 1', 'Zo\xEB', 'a;b', 'a,b', '"q"', 'x\r\ny', ' sp ', '\t', '\'tis'];
    const cells = ['\'=1+1', '\'\'=1', ...names.slice(2)].map((name) => `"${name.replaceAll('"', '""')}"`);
    const outcome = await done(new Uint8Array(Buffer.from(`email;firstName;=Score\n${cells.map((cell, n) => `p${n}@example.com;${cell};x,5`).join('\n')}\ncut@example.com;a;x,5;beyond\n`, 'latin1')), query);
    expect(outcome).toMatchObject({ created: 0, failed: 15 });
    // Sent again as it is, it is at fault for the same reasons, and the file of that is the same file.
    const file = await errorFile(outcome.id, 'csv');
    const again = await done(file, query);
    expect(again).toMatchObject({ created: 0, failed: 15 });
    expect(Buffer.from(await errorFile(again.id, 'csv'))).toEqual(Buffer.from(file));
    const text = Buffer.from(file).toString('utf8');
    expect(text).toContain('cut@example.com;a;"x,5";/leadScore: This is a number from -10^15 to 10^15.;beyond\r\n');
    expect(await done(new Uint8Array(Buffer.from(text.replaceAll('x,5', '1,5'))), query)).toMatchObject({ created: 15, failed: 0 });
    expect((await contacts()).map(({ firstName, leadScore }) => [firstName, leadScore])).toEqual([...['=1+1', '\'=1', '\'=1', ...names.slice(3)], 'a'].map((name) => [name, 1.5]));
  });

  it('of NDJSON tells of each fault its value, in custom fields too, and gives the rows back to be mended', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'size', label: 'Size', type: 'number' });
    const outcome = await done('{"email":"ada@example.com","customFields":{"size":"big"},"a/b~c":[1]}\nno JSON\n', '', 'application/x-ndjson');
    const { body } = await tenant.request<{ items: object[] }>('GET', `/imports/${outcome.id}/errors`);
    expect(body.items).toEqual([
      { line: 1, errors: [
        expect.objectContaining({ column: 'customFields.size', path: '/customFields/size', value: 'big' }),
        expect.objectContaining({ column: 'a/b~c', path: '/a~1b~0c', value: [1] }),
      ] },
      { line: 2, errors: [expect.objectContaining({ column: null, path: '', value: 'no JSON' })] },
    ]);
    const [first = '', second] = Buffer.from(await errorFile(outcome.id, 'ndjson')).toString('utf8').split('\n');
    expect(JSON.parse(first)).toEqual({ email: 'ada@example.com', customFields: { size: 'big' }, 'a/b~c': [1], errors: expect.stringContaining('/customFields/size: ') as string });
    expect(second).toContain('"row":"no JSON"');
    expect(await done(first.replace('"big"', '7').replace('"a/b~c"', '"leadScore"').replace('[1]', '1'), '', 'application/x-ndjson')).toMatchObject({ created: 1, failed: 0 });
    expect(await contacts()).toEqual([expect.objectContaining({ leadScore: 1, customFields: { size: 7 } })]);
  });

  it.each([['update', 'New', 5], ['skip', 'Old', null], ['fill', 'Old', 5]])('with onDuplicate=%s leaves a contact that is there as that says', async (policy, firstName, leadScore) => {
    await tenant.request('POST', '/contacts', { email: 'ada@example.com', firstName: 'Old' });
    await done('email,firstName,leadScore\nADA@example.com,New,5\n', `?onDuplicate=${policy}`);
    expect(await contacts()).toEqual([expect.objectContaining({ firstName, leadScore })]);
  });

  it('makes nobody active who has left, unless it says so', async () => {
    await tenant.request('POST', '/contacts/batch', { contacts: ['unsubscribed', 'bounced', 'complained'].map((status) => ({ email: `${status}@example.com`, subscriptionStatus: status })) });
    const file = 'email,subscriptionStatus\nunsubscribed@example.com,active\nbounced@example.com,pending\ncomplained@example.com,active\n';
    await done(file);
    expect((await contacts()).map(({ subscriptionStatus }) => subscriptionStatus).sort()).toEqual(['bounced', 'complained', 'unsubscribed']);
    await done(file, '?consent=overwrite');
    expect((await contacts()).map(({ subscriptionStatus }) => subscriptionStatus).sort()).toEqual(['active', 'active', 'pending']);
  });

  it.each([
    ['UTF-16 with a mark', new Uint8Array(Buffer.from('\uFEFFemail,firstName\nada@example.com,Zoë\n', 'utf16le')), ''],
    ['Windows-1252 that was said', new Uint8Array(Buffer.from('email,firstName\nada@example.com,Zo\xEB\n', 'latin1')), '?encoding=windows-1252'],
  ])('reads %s', async (_, file, query) => {
    await done(file, query);
    expect(await contacts()).toEqual([expect.objectContaining({ firstName: 'Zoë' })]);
  });

  it.each([
    ['bytes that are no UTF-8', new Uint8Array(Buffer.from('email\nZo\xEB\n', 'latin1')), '/encoding'],
    ['a column that is no field', 'email,Salary\na@example.com,1\n', '/mapping'],
    ['no column of addresses', 'firstName\nAda\n', '/mapping'],
    ['100,000 columns', `email${',x'.repeat(100_000)}\n`, '/file'],
    ['a quote that is not closed', `email,firstName\na@example.com,"${'x\n'.repeat(2_000_000)}`, '/file/2'],
    ['an endless line', `email,firstName\n${'x'.repeat(4_000_000)}`, '/file/2'],
  ])('of a file with %s is refused as a whole', async (_, file, path) => {
    const { status, body } = await send(file);
    expect({ status, path: body.errors?.[0]?.path }).toEqual({ status: 422, path });
    expect((await tenant.request<{ items: unknown[] }>('GET', '/imports')).body.items).toEqual([]);
  });

  it('reads each column in the form that its mapping says, and refuses one that says nothing known', async () => {
    for (const [key, type] of [['born', 'date'], ['seen', 'datetime'], ['ok', 'boolean'], ['size', 'number'], ['many', 'multi_select']]) {
      await tenant.request('POST', '/custom-fields', { key, label: key, type, ...(type === 'multi_select' ? { options: ['red', 'blue'] } : {}) });
    }
    const mapping = { 'column 1': 'email', 'column 2': { field: 'born', dates: 'dmy' }, 'column 3': { field: 'seen', dates: 'mdy', timezone: 'America/New_York' }, 'column 4': { field: 'ok', values: { Ja: 'true', nein: 'false', '?': '' } },
      'column 5': { field: 'size', decimal: 'comma' }, 'column 6': { field: 'many', listSeparator: 'pipe', values: { rot: 'red' } }, 'column 7': null };
    const query = (said: object): string => `?header=no&mapping=${encodeURIComponent(JSON.stringify(said))}`;
    expect(await done('ada@example.com,31.12.2026,12/31/2026 6:30 PM,JA,"1.234,5",Rot|blue,x\nbob@example.com,1.2.2026,,?,,,x\ncleo@example.com,12/31/2026,,,12.34,,x\n', query(mapping))).toMatchObject({ total: 3, created: 2, failed: 1 });
    expect((await contacts()).map(({ customFields }) => customFields)).toEqual([
      { born: '2026-12-31', seen: '2026-12-31T23:30:00.000Z', ok: true, size: 1234.5, many: ['red', 'blue'] }, { born: '2026-02-01' }]);
    for (const odd of [{ field: 'email', dates: 'ydm' }, { field: 'email', constructor: 1 }, { dates: 'dmy' }, { field: 'email', timezone: 'Mars/Base' }, { field: 'email', values: ['a'] }, 5]) {
      expect(await send('a@example.com\n', query({ 'column 1': odd }))).toMatchObject({ status: 422, body: { errors: [{ path: '/mapping', code: 'value_invalid' }] } });
    }
  });

  it('stops where too many rows are at fault', async () => {
    expect(await done(`email\n${'nobody\n'.repeat(3000)}`, '?errorLimit=10')).toMatchObject({ status: 'failed', error: 'too_many_errors', failed: 1000 });
  });

  it('with the key of one before makes nothing twice; another file with it is refused', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = await send('email\nada@example.com\n', '', 'text/csv', key);
    await ended(first.body.id);
    expect((await send('email\nada@example.com\n', '', 'text/csv', key)).body.id).toBe(first.body.id);
    expect((await send('email\nbob@example.com\n', '', 'text/csv', key)).status).toBe(422);
    expect((await tenant.request<{ items: unknown[] }>('GET', '/imports')).body.items).toHaveLength(1);
  });

  it('that is rolled back leaves everything as it was, but for what was changed since, which it lists', async () => {
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', firstName: 'Ada', tags: ['x'] }, { email: 'bob@example.com', firstName: 'Bob' }] });
    const before = await contacts();
    const { id, segmentId } = await done('email,firstName\nada@example.com,Changed\nbob@example.com,Changed\nnew@example.com,New\nevent@example.com,E\n', '?tags=imported&segmentName=Imported');
    const members = async (): Promise<number> => (await tenant.request<{ items: unknown[] }>('GET', `/segments/${segmentId}/contacts`)).body.items.length;
    expect(await members()).toBe(4);
    const bob = before.find(({ email }) => email === 'bob@example.com')!;
    await tenant.request('PATCH', `/contacts/${bob.id}`, { leadScore: 3 });
    await tenant.request('POST', '/events/batch', { events: [{ id: 'e', type: 'clicked', email: 'event@example.com', occurredAt: '2026-04-01T00:00:00Z' }] });
    expect((await tenant.request('POST', `/imports/${id}/rollback`)).status).toBe(202);
    expect(await ended(id)).toMatchObject({ status: 'rolled_back', rollback: { removed: 1, restored: 1, kept: 2 } });
    expect(await members()).toBe(0);
    const now = await contacts();
    expect(now.find(({ email }) => email === 'ada@example.com')).toEqual(before.find(({ email }) => email === 'ada@example.com'));
    expect(now.map(({ email }) => email).sort()).toEqual(['ada@example.com', 'bob@example.com', 'event@example.com']);
    const { body } = await tenant.request<{ items: { reason: string }[] }>('GET', `/imports/${id}/kept`);
    expect(body.items.map(({ reason }) => reason).sort()).toEqual(['changed', 'has_events']);
  });

  it('whose segment is gone says so, and is rolled back all the same', async () => {
    const { id, segmentId } = await done('email\nada@example.com\n', '?segmentName=Imported');
    expect((await tenant.request('DELETE', `/segments/${segmentId}`)).status).toBe(204);
    expect((await tenant.request('GET', `/imports/${id}`)).body).toMatchObject({ status: 'succeeded', segmentId: null });
    await tenant.request('POST', `/imports/${id}/rollback`);
    expect(await ended(id)).toMatchObject({ status: 'rolled_back', segmentId: null, rollback: { removed: 1, restored: 0, kept: 0 } });
  });

  const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

  it.each([['csv', 'text/csv'], ['ndjson', 'application/x-ndjson'], ['xlsx', xlsx]])('of what was exported as %s is the identity, formulas and all', async (format, type) => {
    const fields = Object.entries({ note: 'text', born: 'date', seen: 'datetime', ok: 'boolean', size: 'number', many: 'multi_select' })
      .map(([key, kind]) => ({ key, label: key, type: kind, ...(kind === 'multi_select' ? { options: ['a', 'b;c'] } : {}) }));
    for (const field of fields) await tenant.request('POST', '/custom-fields', field);
    await tenant.request('POST', '/contacts/batch', { contacts: ['=1+1', '\'=1', '-5', 'a"b', 'x\r\ny', '\t', '＝1', '𝔸é', ' sp ', 'a;b', '_x0041_', '\u0001', '2026-01-01', '007'].map((text, n) => ({
      email: `p${n}@example.com`, firstName: text, tags: [text.trim() === '' ? 't' : text, 'b'], leadScore: -n, createdAt: '2025-01-01T10:00:00.123Z',
      customFields: { note: text, born: n % 2 === 0 ? '1815-12-10' : '2026-02-28', seen: '2026-02-28T23:59:59.999Z', ok: n % 2 === 0, size: n / 7, many: n % 2 === 0 ? ['a'] : ['a', 'b;c'] },
    })) });
    const shown = async (): Promise<object[]> => (await contacts()).map(({ id: _, updatedAt: __, ...rest }) => rest).sort((a, b) => a.email.localeCompare(b.email));
    const before = await shown();
    const answer = await fetch(`${service.url}/api/v1/contacts/export?format=${format}&bom=true`, { headers: { authorization: `Bearer ${tenant.apiKey}` } });
    const file = new Uint8Array(await answer.arrayBuffer());
    tenant = await service.tenant();
    for (const field of fields) await tenant.request('POST', '/custom-fields', field);
    expect(await done(file, '', type)).toMatchObject({ created: 14, failed: 0 });
    expect(await shown()).toEqual(before);
  });

  it('of a workbook, as a body or in a form, tells of rows at fault by their numbers, and gives them back as texts', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'born', label: 'Born', type: 'date' });
    const row = (line: number, cells: string): string => `<row r="${line}">${cells}</row>`;
    const text = (value: string): string => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
    const file = await sheetFile([
      row(2, [text('email'), text('Phone'), text('leadScore'), text('born')].join('')), row(3, `${text('ada@example.com')}<c><v>4420712345678</v></c><c><v>7.5</v></c><c s="1"><v>46387</v></c>`),
      row(5, `${text('bob@example.com')}${text('=1')}<c t="e"><v>#N/A</v></c><c><v>5</v></c>`), row(6, text('cleo@example.com')),
    ].join(''), { 'xl/styles.xml': '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>' });
    const outcome = await done(file, '', xlsx);
    expect(outcome).toMatchObject({ status: 'succeeded', total: 3, created: 2, failed: 1 });
    expect(await contacts()).toEqual([expect.objectContaining({ email: 'ada@example.com', phone: '4420712345678', leadScore: 7.5, customFields: { born: '2026-12-31' } }), expect.objectContaining({ email: 'cleo@example.com' })]);
    const { body } = await tenant.request<{ items: object[] }>('GET', `/imports/${outcome.id}/errors`);
    expect(body.items).toEqual([{ line: 5, errors: [
      expect.objectContaining({ column: 'leadScore', value: { error: '#N/A' } }), expect.objectContaining({ column: 'born', value: 5 })] }]);
    expect((await tenant.request<string>('GET', `/imports/${outcome.id}/errors?format=csv`)).body).toContain('\r\nbob@example.com,\'=1,#N/A,5,');
    const form = new FormData();
    form.set('file', new Blob([file]), 'list.xlsx');
    const answer = await fetch(`${service.url}/api/v1/imports?emptyCells=clear`, { method: 'POST', body: form, headers: { authorization: `Bearer ${tenant.apiKey}` } });
    expect(await ended((await answer.json() as Import).id)).toMatchObject({ total: 3, updated: 2, failed: 1 });
  });

  it('of a file that only says that it is a workbook is refused', async () => {
    expect(await send('email\nada@example.com\n', '', xlsx)).toMatchObject({ status: 422, body: { errors: [{ path: '/file', code: 'shape_invalid' }] } });
    expect((await tenant.request<{ items: unknown[] }>('GET', '/imports')).body.items).toEqual([]);
  });

  it('is no body for any other route', async () => {
    const answer = await fetch(`${service.url}/api/v1/contacts`, { method: 'POST', body: 'email\n', headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'text/csv' } });
    expect(answer.status).toBe(415);
  });
});
