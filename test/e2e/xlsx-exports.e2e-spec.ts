import { text } from 'node:stream/consumers';
import { fromBuffer } from 'yauzl';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The parts of a workbook, as a reader that knows nothing of ours unpacks them. */
async function partsOf(workbook: ArrayBuffer): Promise<Map<string, string>> {
  const parts = new Map<string, string>();
  await new Promise<void>((done, fail) => {
    fromBuffer(Buffer.from(workbook), { lazyEntries: true, validateEntrySizes: true }, (error, zip) => {
      if (error !== null) { fail(error); return; }
      zip.on('end', done).on('error', fail).on('entry', (entry: { fileName: string }) => {
        zip.openReadStream(entry as never, (fault, stream) => {
          if (fault !== null) { fail(fault); return; }
          text(stream).then((xml) => { parts.set(entry.fileName, xml); zip.readEntry(); }, fail);
        });
      });
      zip.readEntry();
    });
  });
  return parts;
}

describe('An export as a workbook', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  const get = async (path: string): Promise<Response> => await fetch(`${service.url}/api/v1${path}`, { headers: { authorization: `Bearer ${tenant.apiKey}` } });
  const sheet = async (path: string): Promise<string> => {
    const answer = await get(path);
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status: 200, type });
    return (await partsOf(await answer.arrayBuffer())).get('xl/worksheets/sheet1.xml') ?? '';
  };
  /** Type, form and content of each cell, by row. */
  const cells = (xml: string): string[][] => [...xml.matchAll(/<row r="\d+">(.*?)<\/row>/gs)].map(([, row = '']) => [...row.matchAll(/<c r="([A-Z]+\d+)"(.*?)>(?:<is><t.*?>|<v>)(.*?)<\/.*?<\/c>/gs)]
    .map(([, place, attributes, value]) => `${place}${attributes} ${value}`));

  it('holds texts as texts that no edit makes a formula, numbers as numbers, days as days and instants as texts', async () => {
    for (const [key, kind] of [['born', 'date'], ['ok', 'boolean'], ['note', 'text']]) await tenant.request('POST', '/custom-fields', { key, label: key, type: kind });
    await tenant.request('POST', '/contacts/batch', { contacts: [
      { email: 'ada@example.com', firstName: '=1+1', lastName: '<&>\r\n_x0041_', leadScore: -5.25, tags: ['vip', 'a;b'], createdAt: '2026-01-01T00:00:00Z', customFields: { born: '1815-12-10', ok: true, note: '2026-01-01' } },
      { email: 'bob@example.com', customFields: { born: '2000-02-29', ok: false } },
    ] });
    const xml = await sheet('/contacts/export?format=xlsx&fields=email,firstName,lastName,leadScore,tags,createdAt,customFields.born,customFields.ok,customFields.note');
    expect(cells(xml).slice(1)).toEqual([
      ['A2 t="inlineStr" ada@example.com', 'B2 s="2" t="inlineStr" =1+1', 'C2 t="inlineStr" &lt;&amp;&gt;_x000D_\n_x005F_x0041_', 'D2 -5.25', 'E2 t="inlineStr" [&quot;vip&quot;,&quot;a;b&quot;]',
        'F2 t="inlineStr" 2026-01-01T00:00:00.000Z', 'G2 t="inlineStr" 1815-12-10', 'H2 t="b" 1', 'I2 t="inlineStr" 2026-01-01'],
      ['A3 t="inlineStr" bob@example.com', 'F3 t="inlineStr" 2026-05-01T12:00:00.000Z', 'G3 s="3" 36585', 'H3 t="b" 0'],
    ]);
    expect(xml).not.toContain('<f>');
  });

  it('is a file of its own name with all the parts that a spreadsheet looks for, and the same twice', async () => {
    const answer = await get('/events/export?format=xlsx');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="events.xlsx"');
    const file = await answer.arrayBuffer();
    const parts = await partsOf(file);
    expect([...parts.keys()].sort()).toEqual(['[Content_Types].xml', '_rels/.rels', 'xl/_rels/workbook.xml.rels', 'xl/styles.xml', 'xl/workbook.xml', 'xl/worksheets/sheet1.xml']);
    expect(cells(parts.get('xl/worksheets/sheet1.xml') ?? '')[0]?.[0]).toBe('A1 s="1" t="inlineStr" id');
    expect(Buffer.from(await (await get('/events/export?format=xlsx')).arrayBuffer()).equals(Buffer.from(file))).toBe(true);
  });

  it('of a value that is longer than a cell is refused by name before it begins, unless the field is left out', async () => {
    const tags = Array.from({ length: 400 }, (_, at) => `${at}`.padEnd(90, 'x'));
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/contacts', { email: 'ada@example.com', tags });
    const answer = await get('/contacts/export?format=xlsx');
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ path: '/format', code: 'value_not_allowed', message: expect.stringContaining(id) }] });
    expect(cells(await sheet('/contacts/export?format=xlsx&fields=email'))).toHaveLength(2);
    await tenant.request('POST', '/events/batch', { events: [{ id: 'e', type: 'clicked', email: 'ada@example.com', occurredAt: '2026-04-01T00:00:00Z', properties: { long: 'x'.repeat(40_000) } }] });
    expect((await get('/events/export?format=xlsx')).status).toBe(422);
    expect(cells(await sheet('/events/export?format=xlsx&fields=id,url'))).toHaveLength(2);
  });

  it('with a text as long as a cell may be is whole', async () => {
    const longest = '"'.repeat(10_000);
    await tenant.request('POST', '/contacts', { email: 'ada@example.com', company: longest });
    expect(cells(await sheet('/contacts/export?format=xlsx&fields=company'))[1]).toEqual([`A2 t="inlineStr" ${'&quot;'.repeat(10_000)}`]);
  });
});
