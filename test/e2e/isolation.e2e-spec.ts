import { type Operation } from '../support/openapi-walk.js';
import { ownRequests, type Probe, probesOf, type Sent } from '../support/foreign-probes.js';
import { startTestService, type TestService } from '../support/service.js';
import { asOwner, makeWorld, publishedOperations, rowsOf, settled, tenantTables, type World } from '../support/tenant-world.js';

/** Of these another tenant has nothing, so there is nothing to ask for: each is named here on purpose. */
const withoutTenant = ['createTenant', 'setClock', 'getClock', 'live', 'ready', 'metrics'];

/** These take no id and no text to search by: what they answer to the tenant's own request is looked through instead. */
const withoutPlaces = ['createApiKey', 'createCustomField', 'createEventType', 'createCampaign', 'getRulesCatalog', 'listSegmentTemplates'];

interface Heard {
  status: number;
  /** Every byte of the answer, headers included. */
  text: string;
}

const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** An answer without what differs from one request to the next, and without what was sent. */
function gist({ status, text }: Heard, sent: string): string {
  const plain = text.split('\n\n').slice(1).join('\n\n').replaceAll(sent, '<sent>').replaceAll(sent.toLowerCase(), '<sent>');
  return `${status} ${plain.replaceAll(uuid, '<id>').replaceAll(/fresh\d+/g, '<fresh>').replaceAll(/"(tookMs|durationMs)":[\d.]+/g, '')
    // The nearest of the tenant's own names, which the two may be near to or not.
    .replaceAll(/ Did you mean '[^']*'\?/g, '')}`;
}

/** Ids of events and campaigns are not among them: as texts of its own, a tenant may use the same. */
function canariesOf({ mark, email, fieldKey, eventKey, ids, tenant }: World): string[] {
  const own = ['contacts', 'segments', 'refreshes', 'api-keys', 'custom-fields', 'event-types'].flatMap((collection) => ids.get(collection) ?? []);
  return [mark, email, fieldKey, eventKey, tenant.id, ...own];
}

describe('Tenants do not see each other', () => {
  let service: TestService;
  let operations: Operation[];
  let own: World;
  let other: World;
  let cursors: Map<string, string[]>;
  let canaries: string[];

  const hear = async (world: World, method: string, { path, body }: Sent): Promise<Heard> => {
    const answer = await fetch(service.url + path, {
      method, headers: { authorization: `Bearer ${world.tenant.apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date').map((pair) => pair.join(': '));
    return { status: answer.status, text: `${headers.join('\n')}\n\n${await answer.text()}` };
  };

  /** Whether an answer holds what only the other tenant has, where the request itself did not. */
  const leaks = ({ text }: Heard, sent?: string): boolean => {
    const said = sent === undefined ? text : text.replaceAll(sent, '');
    return canaries.some((canary) => said.includes(canary));
  };

  beforeAll(async () => {
    service = await startTestService({ REFRESH_CRON: '0 0 1 1 *', ANALYTICS_CRON: '0 0 1 1 *' });
    await service.clock('2026-04-01T12:00:00Z');
    operations = await publishedOperations(service);
    [own, other] = [await makeWorld(service, operations, 'A'), await makeWorld(service, operations, 'B')];
    cursors = await cursorsOf(other);
    canaries = canariesOf(other);
  });
  afterAll(async () => { await service.stop(); });

  /** What the other tenant's lists give it to walk on with. */
  const cursorsOf = async (world: World): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    for (const operation of operations.filter(({ query }) => query.some(({ name }) => name === 'cursor'))) {
      for (const { path } of ownRequests(operation, world)) {
        const cursor = /"nextCursor":"([^"]+)"/.exec((await hear(world, 'GET', { path: `${path}?limit=1`, body: undefined })).text)?.[1];
        if (cursor !== undefined) found.set(operation.id, [...found.get(operation.id) ?? [], cursor]);
      }
    }
    return found;
  };

  const probesFor = (operation: Operation): Probe[] =>
    probesOf(operation, own, other, cursors.get(operation.id) ?? [...cursors.values()].flat());
  const ofTenants = (): Operation[] => operations.filter(({ id }) => !withoutTenant.includes(id));

  const faultsOf = async (probe: Probe): Promise<string[]> => {
    const { operation, place, foreign, random } = probe;
    const name = `${operation.method} ${operation.path} ${JSON.stringify(place)}`;
    const [heard, twin] = [await hear(own, operation.method, foreign.sent), await hear(own, operation.method, random.sent)];
    const faults = leaks(heard, foreign.value) || leaks(twin) ? [`${name} shows something of the other tenant`] : [];
    if (heard.status >= 500) faults.push(`${name} answers ${heard.status}`);
    if (place.in === 'path' && heard.status !== 404) faults.push(`${name} answers ${heard.status}`);
    if (place.in === 'query' && place.names === 'cursor' && heard.status !== 400) faults.push(`${name} answers ${heard.status}`);
    const [said, saidOfNobody] = [gist(heard, foreign.value), gist(twin, random.value)];
    if (said !== saidOfNobody) faults.push(`${name}: of the other's it says ${said}; of nobody's ${saidOfNobody}`);
    return faults;
  };

  const walk = async (): Promise<number> => {
    await settled(service);
    const before = await rowsOf(service.databaseUrl, other.tenant.id);
    const probes = ofTenants().flatMap(probesFor);
    const faults: string[] = [];
    for (const probe of probes) faults.push(...await faultsOf(probe));
    expect(faults).toEqual([]);
    await settled(service);
    expect(await rowsOf(service.databaseUrl, other.tenant.id)).toEqual(before);
    return probes.length;
  };

  const sweep = async (world: World): Promise<string[]> => {
    const found: string[] = [];
    for (const operation of ofTenants().filter(({ id, method }) => method === 'GET' || withoutPlaces.includes(id))) {
      for (const sent of ownRequests(operation, world)) {
        if (leaks(await hear(world, operation.method, sent))) found.push(operation.id);
      }
    }
    return found;
  };

  it('knows how to probe every route', () => {
    expect(operations.length).toBeGreaterThan(50);
    const silent = ofTenants().filter((operation) => probesFor(operation).length === 0).map(({ id }) => id);
    expect(silent.sort()).toEqual([...withoutPlaces].sort());
    expect(operations.filter(({ body, example }) => body !== null && example === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('answers another tenant\'s id as one that nobody has, shows nothing of it and changes nothing', async () => {
    const probes = await walk();
    expect(probes).toBeGreaterThan(150);
    process.stdout.write(`runs: isolation ${probes} probes\n`);
  }, 120_000);

  it('does so by the statements alone, with row-level security switched off', async () => {
    await asOwner(service.databaseUrl, async (client) => {
      for (const table of await tenantTables(client)) await client.query(`alter table ${table} disable row level security`);
    });
    process.stdout.write(`runs: isolation without row-level security ${await walk()} probes\n`);
    expect(await sweep(own)).toEqual([]);
    await asOwner(service.databaseUrl, async (client) => {
      for (const table of await tenantTables(client)) await client.query(`alter table ${table} enable row level security`);
    });
  }, 120_000);

  it('shows no mark of another tenant in any answer of its own', async () => {
    expect(await sweep(own)).toEqual([]);
    const { text } = await hear(own, 'GET', { path: '/metrics', body: undefined });
    expect([own, other].filter(({ mark, tenant }) => text.includes(mark) || text.includes(tenant.id))).toEqual([]);
  });

  it('would see the mark, and the answers that differ: the owner of both is caught', async () => {
    const seen = await sweep(other);
    expect(seen).toEqual(expect.arrayContaining(['getContact', 'listContacts', 'getSegment', 'listSegments', 'listContactEvents', 'listCampaigns', 'getRulesCatalog']));
    const reads = ofTenants().filter(({ method, pathParameters, query }) => method === 'GET' && pathParameters.length === 1 && !query.some(({ required }) => required));
    for (const { operation, foreign } of reads.flatMap(probesFor).filter(({ place }) => place.in === 'path')) {
      const { status, text } = await hear(other, operation.method, foreign.sent);
      expect({ id: operation.id, status, text }).toMatchObject({ status: 200 });
    }
  });
});
