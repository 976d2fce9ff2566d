import { newId } from '#kernel';
import { templates } from '#rules';
import { anyName, marked, namedBy, type Operation, type Place, placesOf, withValue } from './openapi-walk.js';
import type { World } from './tenant-world.js';

/** A request of one tenant in which one value was put that belongs to nobody here. */
export interface Sent {
  path: string;
  body: unknown;
}

/** The same request with another tenant's value, and with one that nobody has. */
export interface Probe {
  operation: Operation;
  place: Place;
  foreign: { sent: Sent; value: string };
  random: { sent: Sent; value: string };
}

/** Other bodies in which some places mean something; the example alone does not reach them. */
const variants: Readonly<Record<string, object[]>> = {
  createSegment: [{ type: 'static', rules: undefined }],
  setAudience: [{ include: [{}], exclude: undefined }],
  createExperiment: [{ design: 'segments' }],
};

/** Of these collections nothing is a tenant's own: whoever asks sees the same. */
export const everyones = new Set(['segment-templates']);

/** The names that a template requires, for the maps from such a name to an id. */
const required = (names: string): string => templates.flatMap(({ requires }) => (names === 'campaign' ? requires.campaigns : requires.segments))[0] ?? names;

const templateKeys = ['segment', 'campaign'].map(required).map((name) =>
  templates.find(({ requires }) => [...requires.segments, ...requires.campaigns].includes(name))?.key ?? '');

let made = 0;

/** Bodies are new each time, so that nothing is refused for being there already. */
function freshBody(operation: Operation, own: World): unknown {
  if (operation.body === null) return undefined;
  made += 1;
  const body = marked(operation.body, operation.example, `fresh${made}`);
  // An address names a contact of the tenant's own, except where it makes one.
  if (makesContacts(operation)) return body;
  return placesOf(operation).reduce<unknown>((filled, place) => (
    place.in === 'body' && place.names === 'email' && JSON.stringify(filled).includes('@') ? withEmail(filled, own.email) : filled), body);
}

/** Where an address in the body does not name a contact, but makes it. */
function makesContacts({ collection, method }: Operation): boolean {
  return collection === 'contacts' && method !== 'GET';
}

let sparesUsed = 0;

function spareOf(world: World): string {
  sparesUsed += 1;
  const spare = world.spares[sparesUsed % world.spares.length];
  if (spare === undefined) throw new Error('there are no spare contacts');
  return spare;
}

function withEmail(body: unknown, email: string): unknown {
  return JSON.parse(JSON.stringify(body).replace(/"[^"@]+@[^"@]+"/g, JSON.stringify(email)));
}

/** All probes of an operation by a tenant with what another has. `cursors` are those that the other was given. */
export function probesOf(operation: Operation, own: World, other: World, cursors: readonly string[]): Probe[] {
  return placesOf(operation).flatMap((place) => basesOf(operation, own, place).flatMap((base) =>
    pairsFor(place, operation, own, other, cursors).map(({ foreign, random }) => ({
      operation, place,
      foreign: { value: foreign.value, sent: put(operation, base(), place, foreign.json) },
      random: { value: random.value, sent: put(operation, base(), place, random.json) },
    }))));
}

/** What the tenant sends of its own. */
export function ownRequests(operation: Operation, own: World): Sent[] {
  return basesOf(operation, own, null).map((base) => {
    const { path, query, body } = base();
    return { path: addressOf(operation, path, query), body };
  });
}

interface Base { path: Record<string, string>; query: Record<string, string>; body: unknown }

function basesOf(operation: Operation, own: World, place: Place | null): (() => Base)[] {
  const paths = operation.pathParameters.reduce<Record<string, string>[]>((found, name) => found.flatMap((path) =>
    idsAt(operation, name, own).slice(0, manyOf(operation, name, place)).map((id) => ({ ...path, [name]: id }))), [{}]);
  const bodies = [{}, ...variants[operation.id] ?? []];
  return paths.flatMap((path) => bodies.map((variant) => () => {
    const body = freshBody(operation, own);
    return { path, query: neededQuery(operation, own), body: body === undefined ? undefined : { ...body as object, ...variant } };
  }));
}

/** Segments of each kind and state take bodies and queries differently; one contact given another's address is enough. */
function manyOf(operation: Operation, name: string, place: Place | null): number {
  return place?.in === 'path' && place.name === name || makesContacts(operation) ? 1 : 3;
}

function neededQuery({ query }: Operation, own: World): Record<string, string> {
  return Object.fromEntries(query.filter(({ required: needed }) => needed === true)
    .map(({ name, schema }) => [name, own.ids.get(`${namedBy(name, schema)}s`)?.[0] ?? (typeof schema.example === 'string' ? schema.example : '')]));
}

/** The objects that a placeholder of the path names: those of the part before it. */
function idsAt(operation: Operation, name: string, world: World): string[] {
  const collection = operation.path.split(`/{${name}}`)[0]?.split('/').at(-1) ?? '';
  const ids = collection === 'segment-templates' ? templateKeys : world.ids.get(collection) ?? [];
  if (ids.length === 0) throw new Error(`${operation.id}: no object of "${collection}" is known, so its path cannot be probed`);
  return ids;
}

interface Pair { foreign: { json: unknown; value: string }; random: { json: unknown; value: string } }

function pair(foreign: string, random: string, shape: (value: string) => unknown = (value) => value): Pair {
  return { foreign: { json: shape(foreign), value: foreign }, random: { json: shape(random), value: random } };
}

function pairsFor(place: Place, operation: Operation, own: World, other: World, cursors: readonly string[]): Pair[] {
  if (place.in === 'path') {
    if (everyones.has(operation.collection)) return [];
    const [id = ''] = idsAt(operation, place.name, other);
    return [pair(id, id.startsWith('evt-') ? `evt-nobody_${newId()}` : newId())];
  }
  switch (place.names) {
    case 'email': return [pair(makesContacts(operation) ? spareOf(other) : other.email, `nobody.${newId()}@example.com`)];
    case 'text': return [pair(other.mark, `zq${newId().slice(24)}`)];
    case 'cursor': return cursors.slice(0, 2).map((cursor) => pair(cursor, `${cursor.slice(0, -4)}AAAA`));
    case 'rules': return rulesPairs(other);
    default: return idPairs(place, own, other);
  }
}

function idPairs(place: Place & { names: string }, own: World, other: World): Pair[] {
  const collections = place.names === 'any' ? [...other.ids.keys()] : [...other.ids.keys()].filter((name) => name.startsWith(place.names));
  if (collections.length === 0) throw new Error(`nothing is known that "${place.names}" names, so it cannot be probed`);
  // Several ids in one text come with one of the tenant's own.
  const listOf = place.in === 'query' && place.name === 'ids' ? (id: string) => `${own.ids.get('segments')?.[0]},${id}` : undefined;
  return collections.flatMap((collection) => (other.ids.get(collection) ?? []).slice(0, 2).map((id) => pair(id, newId(), listOf)));
}

function rulesPairs(other: World): Pair[] {
  const rules = (condition: (value: string) => object) => (value: string) => ({ match: 'all', groups: [{ match: 'all', conditions: [condition(value)] }] });
  return [
    ...(other.ids.get('segments') ?? []).map((id) => pair(id, newId(), rules((segment) => ({ segment, operator: 'in' })))),
    pair(other.fieldKey, `industry_${newId().slice(28)}`, rules((key) => ({ field: `customField.${key}`, operator: 'is_set' }))),
    pair(other.eventKey, `webinar_${newId().slice(28)}`, rules((event) => ({ event }))),
  ];
}

function put(operation: Operation, base: Base, place: Place, value: unknown): Sent {
  if (place.in === 'path') return { path: addressOf(operation, { ...base.path, [place.name]: String(value) }, base.query), body: base.body };
  if (place.in === 'query') return { path: addressOf(operation, base.path, { ...base.query, [place.name]: String(value) }), body: base.body };
  const body = withValue(base.body, place.at.map((key) => (key === anyName ? required(place.names) : key)), value);
  return { path: addressOf(operation, base.path, base.query), body: place.names === 'email' ? body : withoutEmailBeside(body, place.at) };
}

/** A row that names a contact by id does not name it by address as well. */
function withoutEmailBeside(body: unknown, at: readonly (string | number)[]): unknown {
  const last = at.findLast((key) => typeof key === 'string');
  const beside = at.slice(0, at.lastIndexOf(last ?? ''));
  if (last === undefined || namedBy(last, {}) !== 'contact') return body;
  return ['email', 'emails'].reduce((left, name) => withValue(left, [...beside, name], undefined), body);
}

function addressOf(operation: Operation, values: Record<string, string>, query: Record<string, string>): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}
