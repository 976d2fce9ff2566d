import { randomBytes } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { type Document, marked, type Operation, operationsOf } from './openapi-walk.js';
import type { TestService, TestTenant } from './service.js';

/** A tenant with something of everything. */
export interface World {
  tenant: TestTenant;
  /** In every text of the tenant that takes any text. */
  mark: string;
  /** By the collection's part of the path; of events the sender's ids. */
  ids: Map<string, string[]>;
  /** These do not hold the mark: other tenants may send them and store them as their own. */
  email: string;
  /** Addresses of further contacts, each to be sent once by another tenant that makes its own contact of it. */
  spares: string[];
  fieldKey: string;
  eventKey: string;
}

/** What the service publishes about itself. */
export async function publishedOperations(service: TestService): Promise<Operation[]> {
  return operationsOf(await (await fetch(`${service.url}/openapi.json`)).json() as Document);
}

/** Creating POSTs that need no id, in an order in which each finds what it names. */
export function creations(operations: readonly Operation[]): Operation[] {
  const first = ['custom-fields', 'event-types', 'campaigns', 'contacts', 'segments'];
  const place = ({ collection }: Operation): number => (first.indexOf(collection) + first.length + 1) % (first.length + 1);
  return operations
    .filter(({ method, path, object, pathParameters }) => method === 'POST' && path.startsWith('/api/v1/') && !path.startsWith('/api/v1/admin/')
      && object.responses['201'] !== undefined && pathParameters.length === 0)
    .sort((a, b) => place(a) - place(b));
}

/** Makes one by the examples of the document, and then by hand what they do not reach. */
export async function makeWorld(service: TestService, operations: readonly Operation[], name: string): Promise<World> {
  const mark = `zq${randomBytes(6).toString('hex')}`;
  const own = randomBytes(4).toString('hex');
  const world: World = {
    tenant: await service.tenant(`${name} ${mark}`), mark, ids: new Map(),
    email: `ada.${own}@example.com`, spares: Array.from({ length: 60 }, (_, at) => `spare${at}.${own}@example.com`), fieldKey: `industry_${own}`, eventKey: `webinar_${own}`,
  };
  for (const operation of creations(operations)) await create(world, operation);
  world.ids.set('tenants', [world.tenant.id]);
  await fill(world);
  await listed(world, operations);
  await settled(service);
  return world;
}

async function create(world: World, operation: Operation): Promise<void> {
  const names: Record<string, unknown> = {
    createContact: { email: world.email }, createCustomField: { key: world.fieldKey }, createEventType: { key: world.eventKey },
  };
  const body = operation.body === null ? undefined
    : { ...marked(operation.body, operation.example, world.mark) as object, ...names[operation.id] as object };
  await make(world, operation.path.replace('/api/v1', ''), body);
}

async function make(world: World, path: string, body: unknown): Promise<string> {
  const answer = await world.tenant.request<{ id?: string; email?: string }>('POST', path, body);
  if (answer.status !== 201) throw new Error(`POST ${path} with ${JSON.stringify(body)} answers ${answer.status} ${JSON.stringify(answer.body)}`);
  const collection = path.split('/')[1] ?? '';
  if (answer.body.id !== undefined) world.ids.set(collection, [...world.ids.get(collection) ?? [], answer.body.id]);
  return answer.body.id ?? '';
}

const everybody = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'is_set' }] }] };

async function fill(world: World): Promise<void> {
  const { mark, email, fieldKey, eventKey } = world;
  await expectDone(world, 'POST', '/contacts/batch', { contacts: world.spares.map((spare) => ({ email: spare, company: mark })) });
  const second = `grace.${mark}@example.com`;
  const contact = await make(world, '/contacts', { email: second, firstName: mark, tags: [mark], customFields: { [fieldKey]: `SaaS ${mark}` } });
  // The first to be changed is not the one that is named by its address.
  world.ids.get('contacts')?.reverse();
  const nested = world.ids.get('segments')?.[0];
  const list = await make(world, '/segments', { name: `list ${mark}`, type: 'static', emails: [email, second], labels: [mark], workspaceId: mark });
  const dynamic = await make(world, '/segments', {
    name: `rules ${mark}`, type: 'dynamic', description: mark, rules: {
      match: 'any', groups: [{ match: 'any', conditions: [
        { field: `customField.${fieldKey}`, operator: 'equals', value: `SaaS ${mark}` }, { event: eventKey, where: [{ property: 'properties.plan', operator: 'equals', value: mark }] },
        { segment: list, operator: 'in' }, { segment: nested, operator: 'in' },
      ] }],
    },
  });
  const events = [`evt-${fieldKey}`, `evt-${eventKey}`];
  await expectDone(world, 'POST', '/events/batch', { events: [
    { id: events[0], type: 'clicked', email, occurredAt: '2026-03-01T09:30:00Z', campaignId: mark, url: `https://example.com/${mark}`, device: mark, properties: { plan: mark } },
    { id: events[1], type: eventKey, contactId: contact, occurredAt: '2026-03-02T09:30:00Z', properties: { plan: mark } },
  ] });
  world.ids.set('events', events);
  await expectDone(world, 'PUT', `/segments/${dynamic}/overrides`, { overrides: [{ email, pin: 'in', reason: mark }] });
  const { refreshId } = await expectDone(world, 'POST', `/segments/${dynamic}/refresh`, { waitSeconds: 30 }) as { refreshId: string };
  await expectDone(world, 'POST', `/segments/${dynamic}/refresh`, { waitSeconds: 30 });
  world.ids.set('refreshes', [refreshId]);
  await expectDone(world, 'POST', '/suppressions/batch', { suppressions: [{ address: `nobody.${mark}@example.com`, reason: mark }, { domain: `${mark}.example` }] });
  const { status } = await world.tenant.request('POST', '/imports', `email,company\n${email},${mark}\n${mark},\n`, { 'content-type': 'text/csv' });
  if (status !== 202) throw new Error(`POST /imports answers ${status}`);
  const exported = await world.tenant.request('POST', '/exports', { what: 'contacts', fields: 'email,company' });
  if (exported.status !== 202) throw new Error(`POST /exports answers ${exported.status}`);
  const launched = await make(world, '/campaigns', { name: `launched ${mark}` });
  await expectDone(world, 'PUT', `/campaigns/${launched}/audience`, { include: [{ segmentId: list }, { rules: everybody, name: mark }] });
  await expectDone(world, 'POST', `/campaigns/${launched}/launch`, {});
  const experiment = await make(world, '/experiments', {
    name: `running ${mark}`, hypothesis: mark, metric: 'conversion', baseline: 0.1, minimumEffect: 0.1, segmentId: list,
    arms: [{ name: `launched ${mark}`, campaignId: launched }, { name: `nothing ${mark}`, holdout: true }],
  });
  await expectDone(world, 'POST', `/experiments/${experiment}/start`, undefined);
  for (const id of world.ids.get('campaigns') ?? []) {
    if (id !== launched) await expectDone(world, 'PUT', `/campaigns/${id}/audience`, { include: [{ segmentId: list }] });
  }
}

async function expectDone(world: World, method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await world.tenant.request<{ failed?: unknown[] }>(method, path, body);
  if (answer.status !== 200 || (answer.body.failed ?? []).length > 0) throw new Error(`${method} ${path} answers ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Ids of collections whose objects nobody makes directly: jobs, for instance. */
async function listed(world: World, operations: readonly Operation[]): Promise<void> {
  for (const { method, path, collection } of operations) {
    if (method !== 'GET' || path !== `/api/v1/${collection}` || world.ids.has(collection)) continue;
    const { body } = await world.tenant.request<{ items?: { id?: string }[] }>('GET', `/${collection}`);
    const ids = (body.items ?? []).map(({ id }) => id).filter((id) => id !== undefined);
    if (ids.length > 0) world.ids.set(collection, ids);
  }
}

/** Runs statements as the owner, whom no wall stops. */
export async function asOwner<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Longer than the wait between a change and the refreshes that it rings for. */
const quietMs = 800;

/** Waits until no refresh or rollup is due or under way, and none came for a while. */
export async function settled(service: TestService): Promise<void> {
  await asOwner(service.databaseUrl, async (client) => {
    const newest = async (): Promise<string> => (await client.query<{ state: string }>(`
      select coalesce(string_agg(id || status, ' ' order by id), '') as state
      from (select id, status from segment_refresh union all select id, status from rollup union all select id, status from import union all select id, status from export) work`)).rows[0]?.state ?? '';
    let [before, since] = ['', performance.now()];
    for (const began = performance.now(); performance.now() - began < 30_000;) {
      const state = await newest();
      if (state !== before || /queued|running|rolling/.test(state)) [before, since] = [state, performance.now()];
      if (performance.now() - since > quietMs) return;
      await after(100);
    }
    throw new Error('refreshes do not come to an end');
  });
}

/** The tables that have rows of tenants, from the catalogue. */
export async function tenantTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    order by 1`);
  return rows.map(({ name }) => name);
}

/** One hash a table over all rows of a tenant. */
export async function rowsOf(databaseUrl: string, tenantId: string): Promise<Record<string, string>> {
  return await asOwner(databaseUrl, async (client) => {
    const hashes: Record<string, string> = {};
    for (const table of await tenantTables(client)) {
      const { rows: [row] } = await client.query<{ hash: string }>(
        `select count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as hash from ${pg.escapeIdentifier(table)} t where $1 = tenant_id`, [tenantId]);
      hashes[table] = row?.hash ?? '';
    }
    return hashes;
  });
}
