import { ownRequests, type Probe, probesOf, type Sent } from './foreign-probes.js';
import type { Operation } from './openapi-walk.js';
import { startTestService, type TestService } from './service.js';
import { makeWorld, publishedOperations, rowsOf, settled, type World } from './tenant-world.js';

/** Of these another tenant has nothing, so there is nothing to ask for: each is named here on purpose. */
const withoutTenant = ['createTenant', 'getTenant', 'updateTenant', 'removeTenant', 'setClock', 'getClock', 'live', 'ready', 'metrics'];
/** These take no id and no text to search by: what they answer to the tenant's own request is looked through instead. */
export const withoutPlaces = ['createApiKey', 'createCustomField', 'createEventType', 'createCampaign', 'getRulesCatalog', 'listSegmentTemplates',
  'addSuppressions', 'getCampaignSettings', 'createRollup', 'getAnalyticsSettings', 'setAnalyticsSettings', 'checkSegmentHygiene', 'computeSampleSize'];

export interface Heard {
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

/** Two tenants with something of everything, of whom one asks for what the other has, in every place of every route. */
export class IsolationWalk {
  #cursors = new Map<string, string[]>();
  readonly #canaries: string[];

  private constructor(
    readonly service: TestService, readonly operations: readonly Operation[], readonly own: World, readonly other: World,
  ) {
    this.#canaries = canariesOf(other);
  }

  static async prepare(): Promise<IsolationWalk> {
    const service = await startTestService({ REFRESH_CRON: '0 0 1 1 *', ANALYTICS_CRON: '0 0 1 1 *' });
    await service.clock('2026-04-01T12:00:00Z');
    const operations = await publishedOperations(service);
    const walk = new IsolationWalk(service, operations, await makeWorld(service, operations, 'A'), await makeWorld(service, operations, 'B'));
    await walk.collectCursors();
    return walk;
  }

  async hear(world: World, method: string, { path, body }: Sent): Promise<Heard> {
    const answer = await fetch(this.service.url + path, {
      method, headers: { authorization: `Bearer ${world.tenant.apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date').map((pair) => pair.join(': '));
    return { status: answer.status, text: `${headers.join('\n')}\n\n${await answer.text()}` };
  }

  get ofTenants(): Operation[] {
    return this.operations.filter(({ id }) => !withoutTenant.includes(id));
  }

  probesFor(operation: Operation): Probe[] {
    return probesOf(operation, this.own, this.other, this.#cursors.get(operation.id) ?? [...this.#cursors.values()].flat());
  }

  /** Sends every probe; what was wrong, and which of the other's tables were written. */
  async all(operations: readonly Operation[] = this.ofTenants): Promise<{ probes: number; faults: string[]; written: string[] }> {
    await settled(this.service);
    const before = await rowsOf(this.service.databaseUrl, this.other.tenant.id);
    const probes = operations.flatMap((operation) => this.probesFor(operation));
    const faults: string[] = [];
    for (const probe of probes) faults.push(...await this.faultsOf(probe));
    await settled(this.service);
    const after = await rowsOf(this.service.databaseUrl, this.other.tenant.id);
    return { probes: probes.length, faults, written: Object.keys(after).filter((table) => after[table] !== before[table]) };
  }

  /** The reads whose answers to a tenant's own requests hold something of the other. */
  async sweep(world: World): Promise<string[]> {
    const found: string[] = [];
    for (const operation of this.ofTenants.filter(({ id, method }) => method === 'GET' || withoutPlaces.includes(id))) {
      for (const sent of ownRequests(operation, world)) {
        if (this.leaks(await this.hear(world, operation.method, sent))) found.push(operation.id);
      }
    }
    return found;
  }

  /** Whether an answer holds what only the other tenant has, where the request itself did not. */
  private leaks({ text }: Heard, sent?: string): boolean {
    const said = sent === undefined ? text : text.replaceAll(sent, '');
    return this.#canaries.some((canary) => said.includes(canary));
  }

  private async faultsOf({ operation, place, foreign, random }: Probe): Promise<string[]> {
    const name = `${operation.method} ${operation.path} ${JSON.stringify(place)}`;
    const [heard, twin] = [await this.hear(this.own, operation.method, foreign.sent), await this.hear(this.own, operation.method, random.sent)];
    const faults = this.leaks(heard, foreign.value) || this.leaks(twin) ? [`${name} shows something of the other tenant`] : [];
    const odd = heard.status >= 500 || (place.in === 'path' && heard.status !== 404)
      || (place.in === 'query' && place.names === 'cursor' && heard.status !== 400);
    if (odd) faults.push(`${name} answers ${heard.status}`);
    const [said, saidOfNobody] = [gist(heard, foreign.value), gist(twin, random.value)];
    if (said !== saidOfNobody) faults.push(`${name}: of the other's it says ${said}; of nobody's ${saidOfNobody}`);
    return faults;
  }

  /** What the other tenant's lists give it to walk on with. */
  private async collectCursors(): Promise<void> {
    for (const operation of this.operations.filter(({ query }) => query.some(({ name }) => name === 'cursor'))) {
      for (const { path } of ownRequests(operation, this.other)) {
        const cursor = /"nextCursor":"([^"]+)"/.exec((await this.hear(this.other, 'GET', { path: `${path}?limit=1`, body: undefined })).text)?.[1];
        if (cursor !== undefined) this.#cursors.set(operation.id, [...this.#cursors.get(operation.id) ?? [], cursor]);
      }
    }
  }
}
