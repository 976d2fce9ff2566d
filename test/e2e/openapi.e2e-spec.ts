import { readFile, writeFile } from 'node:fs/promises';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv } from 'ajv';
import { creations } from '../support/tenant-world.js';
import { type Document, followed, type Operation, operationsOf, type Schema } from '../support/openapi-walk.js';
import { openApiSchema } from '../support/openapi-schema.js';
import { until } from '../support/queue-contract.js';
import { type Request, startTestService, type TestService, type TestTenant } from '../support/service.js';
import { unheard } from '../support/unheard.js';

const golden = new URL('../golden/openapi.json', import.meta.url);
const update = process.env['UPDATE_GOLDEN'] === '1';

describe('The OpenAPI document', () => {
  let service: TestService;
  let document: Document;
  let operations: Operation[];

  beforeAll(async () => {
    service = await startTestService();
    document = await (await fetch(`${service.url}/openapi.json`)).json() as Document;
    operations = operationsOf(document);
  });
  afterAll(async () => { await service.stop(); });

  it('is the one that was read in review (UPDATE_GOLDEN=1 writes it)', async () => {
    if (update) await writeFile(golden, `${JSON.stringify(document, null, 2)}\n`);
    expect(document).toEqual(JSON.parse(await readFile(golden, 'utf8')));
  });

  it('is an OpenAPI 3 document, with a summary, tags and a described success on every operation', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    const valid = ajv.validate(openApiSchema, document);
    expect({ valid, errors: ajv.errors?.slice(0, 20).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`) }).toEqual({ valid: true, errors: undefined });
    expect(operations.filter(({ object }) => !Object.keys(object.responses).some((status) => status.startsWith('2'))).map(({ id }) => id)).toEqual([]);
  });

  it('passes a strict linter', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const lint = async (source: object) => await lintFromString({ source: JSON.stringify(source), absoluteRef: '/openapi.json', config });
    expect((await lint(document)).map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
    expect(await lint({ ...document, security: [{ unknown: [] }] })).not.toEqual([]);
  });

  it('names each operation once', () => {
    expect(operations.map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at)).toEqual([]);
  });

  it('refers to what it has', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(refs.filter((name) => document.components.schemas[name] === undefined)).toEqual([]);
  });

  it('describes each placeholder of a path', () => {
    expect(operations.filter(({ pathParameters, object }) => pathParameters.some((name) => !object.parameters?.some((one) => one.in === 'path' && one.name === name))).map(({ id }) => id)).toEqual([]);
  });

  it('answers problems as problem documents, and everything else as JSON with a schema, charts as drawings and exports as files', () => {
    const drawn = ['application/json,image/svg+xml', 'image/svg+xml', 'text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'];
    const wrong = operations.flatMap(({ id, object }) => Object.entries(object.responses).flatMap(([status, { content }]) => {
      const type = Object.keys(content ?? {}).join();
      const right = status === '204' ? '' : status >= '400' ? 'application/problem+json' : 'application/json';
      return type === right || id === 'metrics' || status === '200' && drawn.includes(type) ? [] : [`${id} ${status} ${type}`];
    }));
    expect(wrong).toEqual([]);
  });

  it('tells of 401 and 403 wherever a key is needed, and of a 404 wherever an id is in the path', () => {
    const keyed = operations.filter(({ path }) => path.startsWith('/api/v1/'));
    expect(keyed.filter(({ object }) => object.responses['401'] === undefined || object.responses['403'] === undefined).map(({ id }) => id)).toEqual([]);
    expect(keyed.filter(({ object, pathParameters }) => pathParameters.length > 0 && object.responses['404'] === undefined).map(({ id }) => id)).toEqual([]);
    expect(keyed.filter(({ object, body }) => body !== null && (object.responses['400'] ?? object.responses['422']) === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('has an example on each property that a body needs', () => {
    const missing = operations.filter(({ body }) => body !== null).flatMap(({ id, body, example }) =>
      (body?.required ?? []).filter((name) => (example as Record<string, unknown> | undefined)?.[name] === undefined).map((name) => `${id} ${name}`));
    expect(missing).toEqual([]);
  });

  it('prints bodies that succeed when they are sent, and describes the answers', async () => {
    const faults = await new Walk(service, document, operations, await service.tenant()).all();
    expect(faults).toEqual([]);
  }, 60_000);

  describe('is shown at /docs', () => {
    it('with all that the page needs, and without asking for anything elsewhere', async () => {
      const page = await fetch(`${service.url}/docs`);
      expect({ status: page.status, type: page.headers.get('content-type') }).toMatchObject({ status: 200, type: expect.stringContaining('text/html') });
      const html = await page.text();
      const assets = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, link]) => link ?? '');
      expect(assets.length).toBeGreaterThan(4);
      for (const asset of assets) {
        expect(asset).not.toMatch(/^(https?:)?\/\//);
        const answer = await fetch(new URL(asset, `${service.url}/docs`));
        expect({ asset, status: answer.status, empty: (await answer.text()) === '' }).toEqual({ asset, status: 200, empty: false });
      }
    });

    it('within a policy that lets no other site in', async () => {
      const policy = (await fetch(`${service.url}/docs`)).headers.get('content-security-policy');
      expect(policy).toContain('default-src \'self\'');
      expect(policy).toContain('frame-ancestors \'none\'');
    });
  });
});

/** Work that can be cancelled, by the operation that does so: its id. */
const begins: Readonly<Record<string, (tenant: TestTenant) => Promise<string>>> = {
  async cancelRefresh({ request }) {
    const { body: { id } } = await request<{ id: string }>('POST', '/segments', { name: 'To be refreshed', type: 'dynamic', rules: { match: 'all', groups: [] } });
    return (await request<{ refreshId: string }>('POST', `/segments/${id}/refresh`, {})).body.refreshId;
  },
  cancelImport: async ({ request }) => (await request<{ id: string }>('POST', '/imports', 'email\nada@example.com\n', { 'content-type': 'text/csv' })).body.id,
  cancelExport: async ({ request }) => (await request<{ id: string }>('POST', '/exports', { what: 'contacts' })).body.id,
};

/** Sends every example: creations first, deletions last. */
class Walk {
  readonly #ids = new Map<string, string[]>();
  readonly #ajv = new Ajv({ strict: false, allErrors: true });

  constructor(
    private readonly service: TestService, private readonly document: Document, private readonly operations: readonly Operation[], private readonly tenant: TestTenant,
  ) {}

  async all(): Promise<string[]> {
    const first = creations(this.operations);
    const faults: string[] = [];
    for (const operation of first) faults.push(...await this.send(operation));
    // Beside the one of the example, which is dynamic.
    const { body: list } = await this.tenant.request<{ id: string }>('POST', '/segments', { name: 'A list', type: 'static' });
    this.#ids.get('segments')?.push(list.id);
    // Whom the example of a merge names.
    await this.tenant.request('POST', '/contacts', { email: 'grace@example.com' });
    const rest = this.operations.filter(({ path }) => path.startsWith('/api/v1/')).filter((operation) => !first.includes(operation));
    // Contacts go last: events and lists name them.
    const turn = ({ method, body, collection }: Operation): number => (method !== 'DELETE' || body !== null ? 0 : collection === 'contacts' ? 2 : 1);
    const exported = async (): Promise<string> => (await this.tenant.request<{ status: string }>('GET', `/exports/${this.#ids.get('exports')?.at(-1)}`)).body.status;
    for (const operation of [...rest].sort((a, b) => turn(a) - turn(b))) {
      // Its file is there once it is made, in the background.
      if (operation.id === 'getExportFile') await until(exported, (status) => status === 'succeeded', 30_000);
      faults.push(...await this.sendInTime(operation));
    }
    return faults;
  }

  /** What has ended is not cancelled: what a cancellation is for is made for it, and waits. */
  private async sendInTime(operation: Operation): Promise<string[]> {
    const begin = begins[operation.id];
    if (begin === undefined) return await this.send(operation);
    const others = this.#ids.get(operation.collection) ?? [];
    return await unheard(this.service, this.tenant.id, async () => {
      this.#ids.set(operation.collection, [await begin(this.tenant)]);
      const faults = await this.send(operation);
      this.#ids.set(operation.collection, others);
      return faults;
    });
  }

  private async send(operation: Operation): Promise<string[]> {
    const { method, path, collection, object, id } = operation;
    const by = path.startsWith('/api/v1/admin/') ? this.service.admin : this.tenant.request;
    const said: string[] = [];
    if (this.addresses(operation).length === 0) return [`${id}: nothing was made that its path could name`];
    for (const address of this.addresses(operation)) {
      const file = object.requestBody?.content['text/csv']?.schema.example;
      const { status, body } = await by<Record<string, unknown>>(method, address.replace('/api/v1', ''), file ?? operation.example, file === undefined ? {} : { 'content-type': 'text/csv' });
      said.push(`${id} ${address} answers ${status} ${JSON.stringify(body)}`);
      if (status === 409 || status < 200 || status > 299) continue;
      if (id === 'appendEvents') this.#ids.set('events', ['evt_123']);
      const made = body['id'] ?? body['refreshId'];
      if (method === 'POST' && typeof made === 'string') this.remember(typeof body['refreshId'] === 'string' ? 'refreshes' : collection, made);
      // A batch answers counts; the list has the ids.
      if (id === 'listSuppressions') (body['items'] as { id: string }[]).forEach((one) => { this.remember(collection, one.id); });
      if (id === 'requestRefresh') this.remember('jobs', String(made));
      if (id === 'createTenant') this.remember('tenants', String(made));
      const failed = Array.isArray(body['failed']) ? body['failed'] as unknown[] : [];
      const content = object.responses[String(status)]?.content;
      return [...failed.length > 0 ? [said.at(-1) ?? ''] : [], ...await this.withParameters(operation, address, by), ...this.misdescribed(id, (content?.['application/json'] ?? content?.['image/svg+xml'] ?? content?.['text/csv'])?.schema, body, status)];
    }
    return said;
  }

  /** The same address with each optional parameter that has an example, one by one. */
  private async withParameters({ id, method, query, object }: Operation, address: string, by: Request): Promise<string[]> {
    const file = object.requestBody?.content['text/csv']?.schema.example;
    if (method !== 'GET' && file === undefined) return [];
    const faults: string[] = [];
    for (const { name, schema, example = schema.example, required } of query) {
      if (example === undefined || required === true) continue;
      const asked = `${address}${address.includes('?') ? '&' : '?'}${new URLSearchParams({ [name]: typeof example === 'string' ? example : JSON.stringify(example) }).toString()}`;
      const { status, body } = await by(method, asked.replace('/api/v1', ''), file, file === undefined ? {} : { 'content-type': 'text/csv' });
      if (status < 200 || status > 299) faults.push(`${id} ${asked} answers ${status} ${JSON.stringify(body)}`);
    }
    return faults;
  }

  private remember(collection: string, id: string): void {
    this.#ids.set(collection, [...this.#ids.get(collection) ?? [], id]);
  }

  /** With each id that was made, until one does: members are added to a static segment, overrides to a dynamic one. */
  private addresses({ path, collection: of, object, pathParameters, query }: Operation): string[] {
    // `ids` are several of the collection itself.
    const value = (name: string): string => (name === 'ids' ? this.#ids.get(of)?.slice(0, 2).join(',') : this.#ids.get(`${name.replace(/Ids?$/, '')}s`)?.[0]) ?? '';
    const needed = new URLSearchParams(query.filter(({ required }) => required === true).map(({ name }): [string, string] => [name, value(name)]));
    const search = needed.size === 0 ? '' : `?${needed.toString()}`;
    if (pathParameters.length === 0) return [path + search];
    const [name = ''] = pathParameters;
    const collection = path.split(`/{${name}}`)[0]?.split('/').at(-1) ?? '';
    const example = object.parameters?.find((one) => one.in === 'path')?.schema.example;
    const ids = this.#ids.get(collection) ?? (typeof example === 'string' ? [example] : []);
    return [...ids].reverse().map((id) => path.replace(`{${name}}`, encodeURIComponent(id)) + search);
  }

  private misdescribed(id: string, described: Schema | undefined, body: unknown, status: number): string[] {
    if (described === undefined) return status === 204 && body === '' ? [] : [`${id} answers ${status} without a description of it`];
    const valid = this.#ajv.validate(strictly(followed(this.document, described)), body);
    return valid ? [] : (this.#ajv.errors ?? []).map(({ instancePath, message, params }) => `${id}: its answer${instancePath} ${message} ${JSON.stringify(params)}`);
  }
}

/** `nullable` in words that JSON Schema has; and no property that is not described. */
function strictly(schema: Schema): object {
  const { nullable, properties, items, allOf, additionalProperties, enum: words, format: _format, example: _example, ...rest } = schema;
  const own: object = {
    ...rest,
    ...(words === undefined ? {} : { enum: words }),
    ...(items === undefined ? {} : { items: strictly(items) }),
    ...(allOf === undefined ? {} : { allOf: allOf.map(strictly) }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strictly(one)])) }),
    ...(properties === undefined ? {} : { additionalProperties: additionalProperties === undefined ? false : additionalProperties === true }),
  };
  return nullable === true ? { anyOf: [own, { type: 'null' }] } : own;
}
