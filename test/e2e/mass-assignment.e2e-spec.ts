import { ownRequests } from '../support/foreign-probes.js';
import { type Operation, type Schema, withValue } from '../support/openapi-walk.js';
import { startTestService, type TestService } from '../support/service.js';
import { makeWorld, publishedOperations, rowsOf, settled, type World } from '../support/tenant-world.js';

/** What the service alone decides, in the body of whoever would decide it. */
const extras: Readonly<Record<string, unknown>> = {
  tenantId: '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11', tenant_id: '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11', id: '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11',
  createdBy: 'somebody', createdAt: '2020-01-01T00:00:00Z', updatedAt: '2020-01-01T00:00:00Z', contactCount: 7, rulesVersion: 7, role: 'admin', status: 'active',
  secretHash: 'x', freshness: 'fresh', via: 'rules', __proto: {}, 'constructor.prototype': {}, isAdmin: true,
};

describe('Bodies and queries that ask for more', () => {
  let service: TestService;
  let operations: Operation[];
  let world: World;

  beforeAll(async () => {
    service = await startTestService({ REFRESH_CRON: '0 0 1 1 *', ANALYTICS_CRON: '0 0 1 1 *' });
    await service.clock('2026-04-01T12:00:00Z');
    operations = (await publishedOperations(service)).filter(({ path }) => path.startsWith('/api/v1/'));
    world = await makeWorld(service, operations, 'A');
  });
  afterAll(async () => { await service.stop(); });

  /** Runs what must have no effect; what it noticed. */
  const withoutEffect = async (work: () => Promise<string[]>): Promise<void> => {
    const before = await rowsOf(service.databaseUrl, world.tenant.id);
    expect(await work()).toEqual([]);
    await settled(service);
    expect(await rowsOf(service.databaseUrl, world.tenant.id)).toEqual(before);
  };

  const send = async ({ method, path: template }: Operation, path: string, body?: unknown): Promise<{ status: number; text: string }> => {
    const key = template.startsWith('/api/v1/admin/') ? 'the-operator-of-the-tests' : world.tenant.apiKey;
    const answer = await fetch(service.url + path, {
      method, headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };

  /** A request that would do, if it were not for what is put into it; of a batch one row. */
  const request = (operation: Operation): { path: string; body: unknown } => {
    const { path, body } = ownRequests(operation, world)[0] ?? { path: operation.path, body: operation.example };
    const rows = Object.entries(body as object ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.slice(0, 1) : value]);
    return { path, body: body === undefined ? undefined : Object.fromEntries(rows) };
  };

  /** Puts something into each object of each body, and says where it was taken. */
  const takenAnywhere = async (put: (schema: Schema) => Record<string, unknown>): Promise<string[]> => {
    const taken: string[] = [];
    for (const operation of operations.filter(({ body }) => body !== null)) {
      for (const { schema, at } of objectsIn(operation.body ?? {})) {
        for (const [name, value] of Object.entries(put(schema))) {
          bodies += 1;
          const { path, body } = request(operation);
          const answer = await send(operation, path, withValue(body, [...at, name], value));
          if (!isRefused(answer, at, name)) taken.push(`${operation.id} ${JSON.stringify([...at, name])}: ${answer.status} ${answer.text}`);
        }
      }
    }
    return taken;
  };
  let bodies = 0;

  it('are refused for each property that is not theirs to set', async () => {
    await withoutEffect(async () => await takenAnywhere(({ properties }) =>
      Object.fromEntries(Object.entries(extras).filter(([name]) => properties?.[name] === undefined))));
    process.stdout.write(`runs: mass assignment ${bodies} bodies\n`);
  });

  it('are refused where nothing is read of a body', async () => {
    await withoutEffect(async () => {
      const taken: string[] = [];
      for (const operation of operations.filter(({ object, method }) => object.requestBody === undefined && method !== 'GET')) {
        const { path } = request(operation);
        for (const [body, fault] of [[{ 'name/~': 'x', status: 'draft' }, ['/name~1~0', '/status']], [['x'], ['']]] as const) {
          const { status, text } = await send(operation, path, body);
          const { errors = [] } = JSON.parse(text) as { errors?: { path: string }[] };
          if (status !== 422 || errors.map((one) => one.path).join() !== fault.join()) taken.push(`${operation.id}: ${status} ${text}`);
        }
      }
      return taken;
    });
  });

  it('are refused where a list stands for one value, or one value for a list', async () => {
    await withoutEffect(async () => await takenAnywhere(({ properties }) => Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, property]) => [name, property.type === 'array' ? {} : [property.example ?? 'x']]))));
  });

  it.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=abc', 'limit=1.5', 'limit=', 'limit=1&limit=2', 'limit[]=1', 'limit[a]=1', 'limit=1e999', 'limit=0x10', 'limit=1e2', 'limit=%201', 'cursor=', 'cursor=a&cursor=b', 'tenantId=x', '__proto__=x'])(
    'are refused in every list: ?%s', async (query) => {
      const taken: string[] = [];
      for (const operation of operations.filter(({ query: parameters }) => parameters.some(({ name }) => name === 'limit'))) {
        const answer = await send(operation, `${request(operation).path}?${query}`);
        if (answer.status !== 422 && answer.status !== 400) taken.push(`${operation.id}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
      expect(taken).toEqual([]);
    });

  it('take a limit of 1 and of 1,000 in every list', async () => {
    for (const operation of operations.filter(({ query: parameters }) => parameters.some(({ name }) => name === 'limit'))) {
      for (const limit of [1, 1000]) {
        const { status } = await send(operation, `${request(operation).path}?limit=${limit}`);
        expect({ id: operation.id, limit, status }).toEqual({ id: operation.id, limit, status: 200 });
      }
    }
  });

  it('are refused in a rule, at every level of it', async () => {
    const condition = { field: 'contact.country', operator: 'equals', value: 'x' };
    const rules = { match: 'all', groups: [{ match: 'all', conditions: [condition] }] };
    for (const at of [[], ['groups', 0], ['groups', 0, 'conditions', 0]]) {
      for (const name of Object.keys(extras)) {
        const { status, body } = await world.tenant.request<{ errors: { path: string }[] }>('POST', '/segments/preview', { rules: withValue(rules, [...at, name], extras[name]) });
        expect({ at, name, status, paths: body.errors.map(({ path }) => path) }).toMatchObject({ status: 422, paths: [expect.stringContaining(name)] });
      }
    }
  });
});

interface ObjectPlace { schema: Schema; at: (string | number)[] }

/** The objects of a body whose properties are listed: itself and those in its lists. */
function objectsIn(schema: Schema, at: (string | number)[] = []): ObjectPlace[] {
  if (schema.properties?.['groups'] !== undefined) return [];
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    ...objectsIn(property, [...at, name]), ...(property.items === undefined ? [] : objectsIn(property.items, [...at, name, 0])),
  ]);
  return schema.properties === undefined || schema.additionalProperties === true ? inside : [{ schema, at }, ...inside];
}

/** The body was refused with the place of the fault, or of a batch the row was. */
function isRefused({ status, text }: { status: number; text: string }, at: readonly (string | number)[], name: string): boolean {
  // What rules are is judged after all else, by the rule language: its places are within them.
  if (status === 422 && name === 'rules') return true;
  if (status === 422) return text.includes(`${at.map((key) => `/${key}`).join('')}/${name}`) || text.includes(`"path":"/${name}`);
  const rows = status === 200 ? JSON.parse(text) as { failed?: { index: number; errors: { path: string }[] }[] } : {};
  return rows.failed?.some(({ index, errors }) => index === at.at(-1) && errors.some(({ path }) => path.startsWith(`/${name}`))) ?? false;
}
