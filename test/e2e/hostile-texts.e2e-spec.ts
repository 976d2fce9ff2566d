import { setTimeout as after } from 'node:timers/promises';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

/** In the spirit of the list of naughty strings: keys of prototypes, markup, SQL, templates, formulas, signs of every plane and direction. */
const texts = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'null', 'undefined', 'NaN', 'true', '0', '-1', '1e1000', '0x0', '1/0', 'nil', 'None', '\\', '\\\\', '%', '_', '%_%',
  '\'', '"', '`', '\'; drop table contact; --', '1\' or \'1\'=\'1', '$1', ':name', '${7*7}', '{{7*7}}', '<script>alert(1)</script>', '&amp;', '<!--', ']]>', '../../etc/passwd', 'C:\\con', 'file name;x="y"', '/a/b', '~1~0',
  '=1+1', '+1', '-a', '@a', '\'=1', '\t=1', '\uFF1D1', 'a\r\nb', 'a,b;c\td|e', ' x ', '\u00A0', '\u200B', '\u202Eabc', '\uFEFFbom', '\uFFFD', '\uFFFF', '\u0001\u001F\u007F', '\u0085', '\u2028', 'é', 'e\u0301', 'ŝ̀́', 'İ', 'ß', 'ﬁ', 'Ω≈ç√', '田中', 'ﷺ', '👩‍👩‍👧', '🏳️‍🌈', '𝕏', '\u{10FFFF}',
  'a'.repeat(1000),
];

describe('Hostile texts', () => {
  let service: TestService;
  let tenant: TestTenant;
  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
    tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'note', label: 'Note', type: 'text' });
    await tenant.request('POST', '/custom-fields', { key: 'constructor', label: '__proto__', type: 'text' });
  });
  afterAll(async () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    await service.stop();
  });

  const imported = async (file: string, query: string): Promise<{ created: number; failed: number }> => {
    const sent = await tenant.request<{ id: string }>('POST', `/imports${query}`, file, { 'content-type': 'text/csv' });
    expect({ status: sent.status, body: sent.body }).toMatchObject({ status: 202 });
    for (let tries = 0; tries < 300; tries += 1) {
      const { body } = await tenant.request<{ status: string; created: number; failed: number }>('GET', `/imports/${sent.body.id}`);
      if (!['queued', 'running'].includes(body.status)) return body;
      await after(50);
    }
    throw new Error('the import does not end');
  };

  it('in fields, tags and custom fields come back as they were sent, by themselves, in lists, and in exports that are imported again', async () => {
    const contacts = texts.map((text, n) => ({ email: `p${n}@example.com`, firstName: text, company: text, tags: [text], source: text, customFields: { note: text, constructor: text } }));
    expect((await tenant.request<{ created: number; failed: object[] }>('POST', '/contacts/batch', { contacts })).body).toMatchObject({ created: texts.length, failed: [] });
    const stored = async (): Promise<unknown[]> => (await tenant.request<{ items: Record<string, unknown>[] }>('GET', '/contacts?limit=1000')).body.items
      .map(({ email, firstName, company, tags, source, customFields }) => ({ email, firstName, company, tags, source, customFields }));
    const sent = [...contacts].sort((a, b) => (a.email < b.email ? -1 : 1));
    const byEmail = (items: unknown[]): unknown[] => [...items as { email: string }[]].sort((a, b) => (a.email < b.email ? -1 : 1));
    expect(byEmail(await stored())).toEqual(sent);
    const csv = await (await fetch(`${service.url}/api/v1/contacts/export?format=csv`, { headers: { authorization: `Bearer ${tenant.apiKey}` } })).text();
    expect(await imported(csv, '')).toMatchObject({ created: 0, failed: 0 });
    expect(byEmail(await stored())).toEqual(sent);
  }, 60_000);

  it('in rules are compared as they are: each finds whom a comparison of the texts finds', async () => {
    const folded = (text: string): string => [...text].map((sign) => (sign === 'İ' ? 'i' : sign.toLowerCase())).join('');
    for (const text of texts) {
      const { status, body } = await tenant.request<{ count: number }>('POST', '/segments/preview', {
        exact: true, rules: { match: 'any', groups: [{ match: 'all', conditions: [{ field: 'customField.constructor', operator: 'equals', value: text }, { field: 'contact.tags', operator: 'contains', value: text }] }] },
      });
      expect({ text, status, count: body.count }).toEqual({ text, status: 200, count: texts.filter((other) => folded(other) === folded(text)).length });
    }
  }, 60_000);

  it('as names of segments, labels and event properties come back, and as keys of custom fields are refused', async () => {
    const short = texts.filter((text) => text.length <= 200);
    for (const [n, text] of short.entries()) {
      const { status, body } = await tenant.request<{ id: string; errors?: object[] }>('POST', '/segments', { name: `${text} ${n}`, type: 'static', labels: [text], description: text });
      if (status !== 201) throw new Error(`${JSON.stringify(text)} ${JSON.stringify(body)}`);
      expect((await tenant.request('GET', `/segments/${body.id}`)).body).toMatchObject({ name: `${text} ${n}`, labels: [text], description: text });
      if (!/^[a-z][a-z0-9_]{0,62}$/.test(text)) expect((await tenant.request('POST', '/custom-fields', { key: text, label: text, type: 'text' })).status).toBe(422);
    }
    const events = short.map((text, n) => ({ id: `${text} ${n}`, type: 'opened', email: 'p0@example.com', occurredAt: '2026-04-01T00:00:00Z', url: text, campaignId: text, properties: Object.fromEntries([[text, text]]) }));
    expect((await tenant.request('POST', '/events/batch', { events })).body).toMatchObject({ accepted: short.length, failed: [] });
    const { body: { items: [first] } } = await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?email=p0@example.com');
    const { body } = await tenant.request<{ items: { id: string; url: string; properties: object }[] }>('GET', `/contacts/${first!.id}/events?limit=1000`);
    expect(new Map(body.items.map(({ id, url, properties }) => [id, JSON.stringify([url, properties])]))).toEqual(new Map(events.map(({ id, url, properties }) => [id, JSON.stringify([url, properties])])));
  }, 120_000);

  it('as names of columns and of the file are names as any other', async () => {
    const names = texts.filter((text) => text.length <= 200 && text === text.trim() && !text.startsWith('\uFEFF'));
    const row = (cells: readonly string[]): string => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join();
    for (const name of names) {
      const file = `${row(['mail', name])}\r\n${row(['p1@example.com', 'x'])}\r\n`;
      // An apostrophe before a formula is a spreadsheet's, and no part of the name.
      const meant = /^'+[=+\-@\t\r\n\uFF1D]/.test(name) ? name.slice(1) : name;
      const { status, body } = await tenant.request<{ mapping: object; columns: { column: string }[]; errors?: object[] }>('POST', '/imports/preview?header=yes&delimiter=comma', file, { 'content-type': 'text/csv' });
      expect({ name, status, columns: body.columns?.map(({ column }) => column) }).toEqual({ name, status: 200, columns: ['mail', meant.trim()] });
      expect(Object.keys(body.mapping)).toContain(meant.trim());
    }
    const mapping = Object.fromEntries([['mail', 'email'], ['__proto__', 'company'], ['constructor', 'customFields.constructor']]);
    expect(await imported('mail,__proto__,constructor\nproto@example.com,c,d\n', `?mapping=${encodeURIComponent(JSON.stringify(mapping))}`)).toMatchObject({ created: 1, failed: 0 });
    expect((await tenant.request<{ items: object[] }>('GET', '/contacts?email=proto@example.com')).body.items).toEqual([expect.objectContaining({ company: 'c', customFields: { constructor: 'd' } })]);
    const form = new FormData();
    form.set('file', new Blob(['email\nform@example.com\n']), '../../__proto__ "x"\u202E.csv');
    expect((await fetch(`${service.url}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${tenant.apiKey}` } })).status).toBe(202);
  }, 120_000);
});
