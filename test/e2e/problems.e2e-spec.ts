import { connect as openSocket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import type { ArgumentsHost } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { malformed } from '#kernel';
import { ProblemFilter, sendProblem } from '../../src/http/problem.filter.js';
import type { Faults } from '../support/broken-build.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { publishedOperations } from '../support/tenant-world.js';

/** What no answer tells: where the code is, what it is made of, what it sends to the database. */
const inside = /node_modules|\.js:\d|\.ts:\d|at \w+ \(|select |insert into|segments_app|127\.0\.0\.1|postgres|mikro|fastify|nest|kysely|FST_|ECONN|SyntaxError|TypeError/i;

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** Bodies as bytes on the wire: broken, huge, or made to trip whoever copies or stores them. */
const bodies: readonly (readonly [name: string, body: string | Uint8Array])[] = [
  ['nothing', ''],
  ['half an object', '{"name":'],
  ['a word', 'name'],
  ['null', 'null'],
  ['a number', '7'],
  ['a text', '"x"'],
  ['a list', '[]'],
  ['a list of lists 10,000 deep', nested(10_000, '[', ']')],
  ['objects 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['objects 10,000 deep as rules', `{"name":"x","type":"dynamic","rules":${'{"groups":[{"conditions":['.repeat(3000)}${']}]}'.repeat(3000)}}`],
  ['values 10,000 deep in each known property', `{"name":${nested(10_000, '[', ']')},"email":${nested(10_000, '[', ']')},"contacts":${nested(10_000, '[', ']')},"events":${nested(10_000, '[', ']')},"rules":${nested(10_000, '[', ']')},"overrides":${nested(10_000, '[', ']')}}`],
  ['custom fields 10,000 deep', `{"email":"deep@example.com","customFields":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
  ['U+0000 in texts', '{"name":"a\\u0000b","email":"a\\u0000b@example.com","key":"a\\u0000","label":"\\u0000","type":"dynamic"}'],
  ['U+0000 in names', '{"a\\u0000b":1}'],
  ['half a surrogate pair', '{"name":"\\ud800","email":"\\udfff@example.com","label":"\\ud800","key":"\\ud800"}'],
  ['half a surrogate pair in a name', '{"\\ud800":1}'],
  ['a number beyond all', '{"name":1e400,"leadScore":1e400,"waitSeconds":1e400,"sampleLimit":1e400,"email":"big@example.com"}'],
  ['an integer of 400 digits', `{"leadScore":${'9'.repeat(400)},"email":"big@example.com","waitSeconds":${'9'.repeat(400)}}`],
  ['a negative zero', '{"waitSeconds":-0,"name":-0,"leadScore":-0}'],
  ['__proto__', '{"__proto__":{"isAdmin":true},"name":"x"}'],
  ['constructor', '{"constructor":{"prototype":{"isAdmin":true}},"name":"x"}'],
  ['toString and valueOf', '{"toString":1,"valueOf":1,"hasOwnProperty":1,"toJSON":1,"then":1,"length":-1}'],
  ['__proto__ in rules', '{"name":"x","type":"dynamic","rules":{"__proto__":{},"match":"all","groups":[{"match":"all","conditions":[{"__proto__":{"field":"contact.country"}}]}]}}'],
  ['names of methods as fields', '{"name":"x","type":"dynamic","rules":{"match":"all","groups":[{"match":"all","conditions":[{"field":"constructor","operator":"toString","value":1},{"field":"customField.__proto__","operator":"equals"},{"event":"__proto__"},{"event":"toString"}]}]}}'],
  ['a name of 100,000 characters', `{"${'k'.repeat(100_000)}":1}`],
  ['10,000 unknown names', `{${Array.from({ length: 10_000 }, (_, at) => `"k${at}":1`).join(',')}}`],
  ['the same name twice', '{"name":"a","name":["b"],"type":"dynamic","type":7}'],
  ['a byte order mark', '\ufeff{"name":7}'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0x6e, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['rows of every wrong kind', '{"contacts":[null,1,"x",[],{"email":{}},{"email":[]},{"email":"a@b","customFields":[]},{"email":"a@b","tags":{"length":1}}]}'],
  ['events of every wrong kind', '{"events":[null,1,"x",[],{"id":{}},{"id":"e","type":"__proto__","email":"a@b","occurredAt":"2026-01-01T00:00:00Z"},{"id":"\\u0000","type":"opened","email":"a@b","occurredAt":"+275760-09-13T00:00:00Z"}]}'],
  ['a batch with __proto__ in a row', '{"contacts":[{"__proto__":{"email":"p@example.com"}},{"constructor":1,"email":"c@example.com"}],"events":[{"__proto__":1}]}'],
];

describe('What goes wrong', () => {
  let service: TestService;
  let tenant: TestTenant;
  let routes: { method: string; path: string; example: unknown }[];

  beforeAll(async () => {
    service = await startTestService();
    tenant = await service.tenant();
    routes = (await publishedOperations(service)).filter(({ object }) => object.requestBody !== undefined)
      .map(({ method, path, example }) => ({ method, path: path.replaceAll(/\{\w+\}/g, '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11'), example }))
      .filter(({ path }) => path !== '/api/v1/admin/clock');
  });
  afterAll(async () => { await service.stop(); });

  const send = async (path: string, init: RequestInit = {}, url = service.url, apiKey = tenant.apiKey): Promise<{ status: number; type: string | null; text: string }> => {
    const key = path.startsWith('/api/v1/admin/') ? 'the-operator-of-the-tests' : apiKey;
    const answer = await fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  /** An answer of 400 and above is a problem document of its own status that tells nothing of the inside; none is a 5xx. */
  const faultOf = ({ status, type, text }: { status: number; type: string | null; text: string }): string | null => {
    if (status < 400) return null;
    if (status >= 500) return `${status} ${text}`;
    if (type !== 'application/problem+json; charset=utf-8') return `${status} as ${type}: ${text}`;
    const body = JSON.parse(text) as Record<string, unknown>;
    if (body['status'] !== status || [body['type'], body['title'], body['detail'], body['instance']].some((one) => typeof one !== 'string')) return text;
    return inside.test(text) ? `tells of the inside: ${text}` : null;
  };

  it.each([['empty', ''], ['no cursor', 'nonsense'], ['long', 'a'.repeat(2001)], ['very long', 'a'.repeat(9000)]])('is 400 with its place for a cursor that is of no list: %s', async (_, cursor) => {
    expect(await tenant.request('GET', `/segments?cursor=${cursor}`)).toMatchObject({ status: 400, body: { errors: [{ path: '/cursor', code: 'value_invalid' }] } });
  });

  it('points at what is wrong in a query as in a body', async () => {
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static' });
    for (const [address, path] of [['overlap?ids=x', '/ids'], [`${id}/analytics?from=2026-03-02&to=2026-03-01`, '/from'], [`${id}/analytics?from=1990-03-02&to=2026-03-01`, '/from']] as const) {
      expect(await tenant.request('GET', `/segments/${address}`)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    }
  });

  let asked = 0;
  /** What is at fault with the answers of a service, by default the one of all tests, to the bodies of each route. */
  const faultsWith = async (bodiesOf: (example: unknown) => Iterable<string | Uint8Array>, ...at: [url?: string, apiKey?: string]): Promise<Faults> => {
    const faults: Faults = [];
    for (const { method, path, example } of routes) {
      for (const body of bodiesOf(example)) {
        const fault = faultOf(await send(path, { method, body: body as string, headers: { 'content-type': 'application/json' } }, ...at));
        if (fault !== null) faults.push(`${method} ${path}: ${fault.slice(0, 300)}`);
        asked += 1;
      }
    }
    return faults;
  };
  /** The documented body, and one text of it after the other with something at its end. */
  const withAtEnd = (text: string) => function* ending(example: unknown): Generator<string> {
    for (const spoiled of spoiledEach(example, text)) yield JSON.stringify(spoiled);
  };

  it.each(bodies)('is a problem document on every route that takes a body: %s', async (_, body) => {
    expect(await faultsWith(() => [body])).toEqual([]);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  it.each([['U+0000', '\0'], ['half a surrogate pair', '\ud800'], ['a quote and a backslash', '\'\\'], ['10,001 characters more', 'x'.repeat(10_001)]])(
    'is a problem document, if it goes wrong at all, whichever text of a documented body has this at its end: %s', async (_, text) => {
      expect(await faultsWith(withAtEnd(text))).toEqual([]);
    });

  it('is counted', () => {
    process.stdout.write(`runs: hostile ${asked} bodies\n`);
  });

  it('would be an error of the database\'s in a build that takes U+0000 for a character like any other', async () => {
    const { includes } = String.prototype;
    const look = jest.spyOn(String.prototype, 'includes').mockImplementation(function overlooking(this: string, text, from) {
      return text !== '\0' && includes.call(this, text, from);
    });
    const faults = await faultsWith(withAtEnd('\0'));
    look.mockRestore();
    expect(faults).toContainEqual(expect.stringMatching(/^POST \S+: 500 /));
  });

  it('would tell of the inside in a build whose answers have what was thrown', async () => {
    const tell = jest.spyOn(ProblemFilter.prototype, 'catch').mockImplementation((error: unknown, host: ArgumentsHost) => {
      const http = host.switchToHttp();
      sendProblem(http.getResponse<FastifyReply>(), malformed(String((error as Error).stack)), http.getRequest<{ id: string }>());
    });
    const broken = await startTestService();
    const { apiKey } = await broken.tenant();
    const faults = await faultsWith(() => ['7'], broken.url, apiKey);
    await broken.stop();
    tell.mockRestore();
    expect(faults).toContainEqual(expect.stringContaining('tells of the inside'));
  });

  it.each([
    ['a text of 10,001 characters', 422, '/firstName', `{"email":"a@example.com","firstName":"${'x'.repeat(10_001)}"}`],
    ['a tag of 10,001 characters', 422, '/tags/1', `{"email":"a@example.com","tags":["vip","${'x'.repeat(10_001)}"]}`],
    ['1,001 tags', 422, '/tags', JSON.stringify({ email: 'a@example.com', tags: Array.from({ length: 1001 }, (_, n) => String(n)) })],
    ['an address of 1,001 characters', 422, '/email', `{"email":"${'x'.repeat(989)}@example.com"}`],
    ['a number beyond all', 422, '/leadScore', '{"email":"a@example.com","leadScore":1e400}'],
    ['an integer of 20 digits', 422, '/leadScore', '{"email":"a@example.com","leadScore":12345678901234567890}'],
    ['U+0000', 422, '/firstName', '{"email":"a@example.com","firstName":"a\\u0000b"}'],
    ['half a surrogate pair', 422, '/firstName', '{"email":"a@example.com","firstName":"\\ud800"}'],
    ['lists 10,000 deep', 422, '/firstName', `{"email":"a@example.com","firstName":${nested(10_000, '[', ']')}}`],
    ['objects 10,000 deep in a custom field', 422, '/customFields/a', `{"email":"a@example.com","customFields":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
    ['an unknown name', 422, '/isAdmin', '{"email":"a@example.com","isAdmin":true}'],
    ['a name twice, the latter of the wrong kind', 422, '/firstName', '{"email":"a@example.com","firstName":"Ada","firstName":7}'],
  ])('names the place: %s', async (_, status, place, body) => {
    const alone = await send('/api/v1/contacts', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(faultOf(alone)).toBeNull();
    expect([alone.status, (JSON.parse(alone.text) as { errors?: { path: string }[] }).errors?.map(({ path }) => path)]).toEqual([status, [place]]);
    // As a row of a batch it is set aside, and the good one beside it is stored.
    const batch = await send('/api/v1/contacts/batch', { method: 'POST', body: `{"contacts":[{"email":"good@example.com"},${body}]}`, headers: { 'content-type': 'application/json' } });
    expect([batch.status, JSON.parse(batch.text)]).toMatchObject([200, { failed: [{ index: 1, errors: [{ path: place }] }] }]);
  });

  it.each(['2026-01-05t10:00:00Z', '2026-01-05T10:00:00z'])('names an instant that is not written in capitals, as in rules: %s', async (createdAt) => {
    expect(await tenant.request('POST', '/contacts', { email: 'small@example.com', createdAt })).toMatchObject({ status: 422, body: { errors: [{ path: '/createdAt' }] } });
  });

  it.each([
    ['a byte order mark is no part of it', '\ufeff{"email":"mark@example.com","firstName":"Ada"}', 'Ada'],
    ['of a name that comes twice the latter counts', '{"email":"twice@example.com","firstName":"Bob","firstName":"Ada"}', 'Ada'],
    ['bytes that are no UTF-8 are U+FFFD', Buffer.concat([Buffer.from('{"email":"bytes@example.com","firstName":"'), Buffer.from([0xff]), Buffer.from('"}')]), '\ufffd'],
  ])('has one way to read a body: %s', async (_, body, firstName) => {
    const { status, text } = await send('/api/v1/contacts', { method: 'POST', body: body as string, headers: { 'content-type': 'application/json' } });
    expect([status, JSON.parse(text)]).toMatchObject([201, { firstName }]);
  });

  it.each([[[]], [null], ['x'], [7]])('is one of the rule language for rules that are no object: %j', async (rules) => {
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', {
      name: 'Rules', type: 'dynamic', status: 'draft', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'is_set' }] }] },
    });
    const span = { from: '2026-10-01T00:00:00Z', to: '2026-10-02T00:00:00Z', step: 'day' };
    for (const [method, path, body] of [
      ['POST', '/segments', { name: 'x', type: 'dynamic' }], ['PATCH', `/segments/${id}`, {}], ['POST', '/segments/preview', {}], ['POST', '/rules/validate', {}], ['POST', '/segments/backtest', span],
    ] as const) {
      expect({ path, ...await tenant.request(method, `${path}`, { ...body, rules }) }).toMatchObject({
        path, status: 422, body: { type: '/problems/invalid-rules', errors: [{ path: '', code: 'shape_invalid' }] },
      });
      if (method === 'POST') expect({ path, ...await tenant.request(method, path, body) }).toMatchObject({ path, status: 422, body: { errors: [{ path: '/rules', code: 'value_missing' }] } });
    }
  });

  it('takes no bytes as no body, whatever type they are said to be', async () => {
    const json = { 'content-type': 'application/json' };
    const made = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Made' });
    const segment = await tenant.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static' });
    expect([made.status, segment.status]).toEqual([201, 201]);
    const archived = await send(`/api/v1/segments/${segment.body.id}/archive`, { method: 'POST', body: '', headers: json });
    expect([archived.status, JSON.parse(archived.text)]).toMatchObject([200, { status: 'archived' }]);
    expect((await send(`/api/v1/campaigns/${made.body.id}`, { method: 'PATCH', body: '', headers: json })).status).toBe(200);
    expect((await send(`/api/v1/segments/${segment.body.id}`, { method: 'DELETE', body: '', headers: json })).status).toBe(204);
    const missing = await send('/api/v1/campaigns', { method: 'POST', body: '', headers: json });
    expect([missing.status, JSON.parse(missing.text)]).toMatchObject([422, { errors: [{ path: '/name', code: 'value_missing' }] }]);
  });

  it('judges what is packed by its header alone, and never unpacks it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, '['));
    const before = process.memoryUsage().rss;
    for (const encoding of ['gzip', 'GZIP', 'gzip, gzip', 'deflate', 'br']) {
      const answer = await send('/api/v1/contacts/batch', { method: 'POST', body: bomb as unknown as string, headers: { 'content-type': 'application/json', 'content-encoding': encoding } });
      expect([encoding, answer.status, faultOf(answer)]).toEqual([encoding, 415, null]);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
  });

  it.each([
    ['no JSON', 400, { body: '{"name":', headers: { 'content-type': 'application/json' } }],
    ['another content type', 415, { body: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['XML', 415, { body: '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>', headers: { 'content-type': 'application/xml' } }],
    ['text', 415, { body: '{}', headers: { 'content-type': 'text/plain' } }],
    ['a content type that is none', 415, { body: '{}', headers: { 'content-type': 'application' } }],
    ['a packed body', 415, { body: '{"name":"x"}', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }],
  ] as const)('is answered by its own status: a body that is %s', async (_, status, init) => {
    const answer = await send('/api/v1/campaigns', { method: 'POST', ...init });
    expect(faultOf(answer)).toBeNull();
    expect(answer.status).toBe(status);
  });

  it('is 413 for a body above the limit, and for more rows than a batch has', async () => {
    for (const [path, limit] of [['/api/v1/campaigns', 1024 * 1024], ['/api/v1/segments', 32 * 1024 * 1024], ['/api/v1/contacts', 32 * 1024 * 1024]] as const) {
      const room = limit - '{"name":""}'.length;
      for (const [length, status] of [[room, 422], [room + 1, 413]] as const) {
        const large = await send(path, { method: 'POST', body: `{"name":"${'x'.repeat(length)}"}`, headers: { 'content-type': 'application/json' } });
        expect([path, large.status, faultOf(large)]).toEqual([path, status, null]);
      }
    }
    for (const rows of ['contacts', 'events', 'suppressions']) {
      const many = await send(`/api/v1/${rows}/batch`, { method: 'POST', body: JSON.stringify({ [rows]: Array.from({ length: 10_001 }, () => 0) }), headers: { 'content-type': 'application/json' } });
      expect([rows, many.status, faultOf(many)]).toEqual([rows, 413, null]);
      expect(JSON.parse(many.text)).toMatchObject({ type: expect.stringMatching(/too-large$/) as string, detail: 'A batch has at most 10,000 rows; nothing was stored.' });
    }
  });

  it.each(['contacts', 'events', 'suppressions'])('tells of a batch of %s what it has beside its rows, and that these are none', async (rows) => {
    for (const [body, code] of [[{ 'a/b~c': 1 }, 'value_missing'], [{ 'a/b~c': 1, [rows]: {} }, 'shape_invalid']] as const) {
      const { text } = await send(`/api/v1/${rows}/batch`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
      expect(JSON.parse(text)).toMatchObject({ status: 422, errors: [{ path: '/a~1b~0c', code: 'unknown_property' }, { path: `/${rows}`, code }] });
    }
  });

  it.each([
    ['GET', '/nowhere'], ['GET', '/api/v1'], ['GET', '/api/v1/nothing'], ['POST', '/api/v1/nothing'], ['GET', '/api/v1/contacts/'], ['GET', '/API/V1/contacts'], ['PUT', '/api/v1/contacts'],
    ['PATCH', '/api/v1/segments'], ['DELETE', '/api/v1/contacts'], ['GET', '/api/v1/contacts/not-an-id'], ['GET', '/api/v1/contacts/%00'], ['GET', '/api/v1/contacts/%ff'], ['GET', '/api/v1/contacts/%'],
    ['GET', `/api/v1/contacts/${'a'.repeat(3000)}`], ['GET', '/api/v1/contacts/..%2f..%2fetc%2fpasswd'], ['DELETE', '/api/v1/events/%00'], ['DELETE', '/api/v1/events/%ed%a0%80'], ['GET', '/.git/config'],
    ['GET', '/docs/../package.json'], ['GET', '/docs/..%2f..%2fpackage.json'], ['GET', '/dist/src/main.js'], ['OPTIONS', '/api/v1/contacts'], ['GET', '/api/v1/segments/not-an-id/explain?contactId=x'],
    ['GET', '/api/v1/contacts?email=%00'], ['GET', '/api/v1/contacts?email=%ed%a0%80'], ['GET', '/api/v1/segments?search=%00'], ['GET', '/api/v1/segments?search=%25_%5C%27'], ['GET', '/api/v1/contacts?cursor=%00'],
    ['GET', `/api/v1/contacts?cursor=${'a'.repeat(1999)}`], ['GET', '/api/v1/contacts?cursor=e30.e30'], ['GET', `/api/v1/segments/${'0'.repeat(36)}`], ['GET', '/api/v1/segments?sort=name%3Bdrop%20table%20contact'],
  ])('is a problem document at addresses that are none, or odd: %s %s', async (method, path) => {
    expect(faultOf(await send(path, { method }))).toBeNull();
  });

  it.each([
    ['a line that is no HTTP', 'nonsense\r\n\r\n'],
    ['a header that is too long', `GET /health/live HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a method that nobody knows', 'BREW /health/live HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['two lengths', 'POST /api/v1/campaigns HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}'],
  ])('is refused on the wire without a word of the inside: %s', async (_, bytes) => {
    const said = await raw(service.url, bytes);
    // Where more was sent than is read, the answer may be lost with the connection.
    expect(said).toMatch(/^(HTTP\/1\.1 4\d\d [^]*application\/problem\+json[^]*|)$/);
    expect(said).not.toMatch(/node_modules|\.js:\d|\.ts:\d|at \w+ \(|segments_app/);
  });

  it('is for headers that do not come in time, while a body has limits of its own and a file may take hours', () => {
    const server = service.service.app.getHttpServer();
    expect([server.headersTimeout, server.requestTimeout]).toEqual([20_000, 0]);
  });

  it('is 431 for headers of 64 kB, where the client reads while it sends', async () => {
    // Just above the 16 kB that are read: what is sent beyond would reset the connection before the answer is read.
    const said = await raw(service.url, `GET /health/live HTTP/1.1\r\nhost: x\r\n${Array.from({ length: 64 }, (_, n) => `x${n}: ${'a'.repeat(1000)}\r\n`).join('')}\r\n`);
    expect(said).toMatch(/^(HTTP\/1\.1 431 [^]*"status":431[^]*|)$/);
    const just = await raw(service.url, `GET /health/live HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(16 * 1024)}`);
    expect(just).toMatch(/^HTTP\/1\.1 431 [^]*"status":431/);
  });

  it('names the request in the answer and in a header, and takes neither from the client', async () => {
    const answer = await fetch(`${service.url}/api/v1/nothing`, { headers: { 'x-request-id': 'mine', 'request-id': 'mine' } });
    const { instance } = await answer.json() as { instance: string };
    expect(instance).toBe(`urn:request:${answer.headers.get('x-request-id')}`);
    expect(instance).not.toContain('mine');
  });

  it('never keeps an answer in a cache or lets a browser guess its type', async () => {
    for (const path of ['/api/v1/contacts', '/api/v1/nothing']) {
      const { headers } = await fetch(service.url + path, { headers: { authorization: `Bearer ${tenant.apiKey}` } });
      expect([headers.get('cache-control'), headers.get('x-content-type-options'), headers.get('server'), headers.get('x-powered-by')]).toEqual(['no-store', 'nosniff', null, null]);
    }
  });
});

/** Each text of it, one after the other, with something at its end. */
function* spoiledEach(body: unknown, end: string): Generator<unknown> {
  if (typeof body === 'string') yield body + end;
  if (typeof body !== 'object' || body === null) return;
  for (const [name, inner] of Object.entries(body)) {
    for (const spoiled of spoiledEach(inner, end)) yield Array.isArray(body) ? body.with(Number(name), spoiled) : { ...body, [name]: spoiled };
  }
}

async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return await new Promise<string>((resolve) => {
    let said = '';
    const socket = openSocket(Number(port), hostname, () => { socket.write(bytes); });
    socket.setTimeout(5000, () => socket.destroy());
    socket.on('data', (part) => { said += part.toString('latin1'); });
    socket.on('error', () => { resolve(said); });
    socket.on('close', () => { resolve(said); });
  });
}
