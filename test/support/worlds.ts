import fc, { type Arbitrary } from 'fast-check';
import {
  addToInstant, formatDay, localDay, startOfDay, textColumns, type CustomFieldType, type EventSnapshot, type Override,
  type TextColumn, type Unit, type Vocabulary,
} from '#rules';

/** A contact as its rows say, before it becomes a snapshot or an insert. */
export interface WorldContact {
  readonly id: string;
  readonly zone: string;
  readonly texts: Readonly<Record<TextColumn, string | null>>;
  readonly subscriptionStatus: string;
  readonly leadScore: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: readonly string[];
  readonly custom: Readonly<Record<string, unknown>>;
  readonly events: readonly EventSnapshot[];
  readonly listed: boolean;
  readonly overrides: ReadonlyMap<string, Override>;
}

export interface World {
  readonly tenantId: string;
  readonly asOf: number;
  readonly contacts: readonly WorldContact[];
  /** What else the tenant has; default: what worlds are drawn for. */
  readonly surroundings?: Surroundings;
}

/** What contacts, their events and rules name. */
export interface Surroundings {
  readonly campaigns: readonly { readonly id: string; readonly externalId: string | null; readonly name: string }[];
  readonly customFields: Vocabulary['customFields'];
  /** Ids by name. */
  readonly segments: ReadonlyMap<string, string>;
  /** The id of the segment that those listed are members of. */
  readonly list: string;
}

const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** One of each type by its name, and a second one of those whose values stand in a table of all. */
export const customFieldIds: Readonly<Record<CustomFieldType | 'other_date' | 'other_datetime', string>> = {
  text: uuid(0xf1), number: uuid(0xf2), boolean: uuid(0xf3), date: uuid(0xf4), datetime: uuid(0xf5), select: uuid(0xf6),
  multi_select: uuid(0xf7), other_date: uuid(0xf8), other_datetime: uuid(0xf9),
};
export const options = ['SaaS', '100%', 'a_b', 'İstanbul', "O'Hara"];
export const ownEventType = uuid(0xe1);
export const segmentIds = { list: uuid(0xa1), pinned: uuid(0xa2), nested: uuid(0xa3) };

/** The second campaign's external id is the first one's id, which wins; the third's is met by an upper-case id of none. */
export const campaigns = [
  { id: uuid(0xca1), externalId: null, name: 'Product Launch' },
  { id: uuid(0xca2), externalId: uuid(0xca1), name: 'Shadow' },
  { id: uuid(0xca3), externalId: 'news', name: 'product NEWS %' },
];
export const campaignIds = [...campaigns.map(({ id }) => id), uuid(0xca2).toUpperCase(), 'news', 'NEWS', 'gone', ''];

export const texts = [
  'SaaS', 'saas', 'SAAS ', '100%', 'a_b', 'axb', 'a\\b', "O'Hara", '"q"', 'İstanbul', 'istanbul', 'i̇stanbul', 'ΣΑΣ', 'σας', 'σασ',
  'é', 'e\u0301', 'É', 'ß', 'SS', 'ẞ', '%', '_', '\\', 'null', '🙂', '𐐀', '𐐨', '\uFF21', 'K', 'k', 'ǅ', 'ꟊ', 'a,b', '{a}', ' ', 'mobile', 'desktop',
];
export const numbers = [0, 0.1, 0.2, 0.3, 1, 2, 5, -5.5, 49, 50, 74.999, 75, 80, 100, 1e15, -1e15, 1e-7, 0.30000000000000004];
export const revenues = [0, 0.1, 0.2, 0.3, 5, -5.5, 19.99, 9999999999999.99];
export const eventTypes = ['sent', 'delivered', 'opened', 'clicked', 'replied', 'converted', 'bounced', 'unsubscribed', 'complained'];
export const ownKeys = ['plan', 'amount', 'flag', 'constructor', 'odd.key"%'];
export const statuses = ['active', 'unsubscribed', 'bounced', 'complained', 'pending'];

/** Clocks that change at midnight, a zone that skipped a day, offsets of quarters and of 14 hours. */
export const zones = [
  'UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Asia/Beirut',
  'Pacific/Kiritimati', 'Australia/Lord_Howe',
];

export const moments = [
  '2026-03-15T12:00:00Z', '2024-02-29T12:00:00Z', '2025-02-28T23:30:00Z', '2025-03-01T10:00:00Z', '2026-03-29T01:00:00Z',
  '2026-03-31T12:00:00Z', '2018-11-04T03:00:00Z', '2011-12-30T10:30:00Z', '2026-01-01T00:00:00Z',
  '2026-12-31T23:59:59.999Z', '2026-10-25T00:30:00Z', '2026-05-31T04:59:59.999Z',
].map((text) => Date.parse(text));

export const amounts: readonly { amount: number; unit: Unit }[] = [
  { amount: 0, unit: 'days' }, { amount: 1, unit: 'hours' }, { amount: 90, unit: 'minutes' }, { amount: 1, unit: 'days' },
  { amount: 7, unit: 'days' }, { amount: 2, unit: 'weeks' }, { amount: 1, unit: 'months' }, { amount: 3, unit: 'months' },
  { amount: 1, unit: 'years' }, { amount: 4, unit: 'years' }, { amount: 1000, unit: 'years' },
];

/** Instants on the edges that rules will draw: an amount from `asOf`, or the start of a local day; one more, one less. */
export function instants(asOf: number): Arbitrary<number> {
  const jitter = fc.constantFrom(0, 0, -1, 1);
  const moved = fc.tuple(fc.constantFrom(...amounts.slice(0, 10)), fc.constantFrom(-1, -1, 1), jitter)
    .map(([{ amount, unit }, sign, by]) => addToInstant(asOf, sign * amount, unit) + by);
  const midnight = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.constantFrom(...zones), jitter)
    .map(([days, zone, by]) => startOfDay(localDay(asOf, zone) + days, zone) + by);
  const past = fc.integer({ min: 0, max: 400 * 24 * 60 }).map((minutes) => asOf - minutes * 60_000);
  return fc.oneof(moved, midnight, past);
}

export function days(asOf: number): Arbitrary<string> {
  const near = fc.integer({ min: -40, max: 40 });
  const yearly = fc.tuple(fc.integer({ min: -6, max: 2 }), fc.integer({ min: -2, max: 9 }))
    .map(([years, by]) => Math.round(years * 365.25) + by);
  const base = Math.floor(asOf / 86_400_000);
  return fc.oneof(
    near.map((by) => formatDay(base + by)), yearly.map((by) => formatDay(base + by)),
    fc.constantFrom('2024-02-29', '2020-02-29', '2023-02-28', '2023-03-01', '0001-01-01', '9999-12-31'),
  );
}

const maybe = <T>(value: Arbitrary<T>): Arbitrary<T | null> => fc.option(value, { freq: 3 });
const text = maybe(fc.constantFrom(...texts, ''));

function event(asOf: number): Arbitrary<Omit<EventSnapshot, 'id'> & { readonly idStart: string }> {
  const scalar = fc.oneof(
    fc.constantFrom(...texts), fc.constantFrom(...numbers), fc.boolean(), fc.constantFrom(null, '', 'true', '5', [1], { a: 1 }));
  return fc.record({
    idStart: fc.constantFrom('a', 'Z', 'é', '🙂', '\uFF21', '_'),
    type: fc.constantFrom(...eventTypes, 'opened', 'opened', 'sent', 'clicked', ownEventType, ownEventType),
    // A handful of instants, so that events of the same contact coincide.
    occurredAt: fc.oneof(
      fc.constantFrom(asOf, asOf - 3_600_000, asOf - 86_400_000),
      fc.integer({ min: 0, max: 48 }).map((hours) => asOf - hours * 3_600_000), instants(asOf)),
    campaignId: maybe(fc.constantFrom(...campaignIds)),
    url: text,
    device: maybe(fc.constantFrom('mobile', 'Mobile', 'desktop', '')),
    revenue: maybe(fc.constantFrom(...revenues, 0.1, 0.1, 0.2, 0.2, 0.3)),
    properties: fc.tuple(
      fc.dictionary(fc.constantFrom(...ownKeys), scalar, { maxKeys: 3, noNullPrototype: true }),
      fc.constantFrom({}, { amount: 0.1 }, { amount: 0.2 })).map(([own, amount]) => ({ ...own, ...amount })),
  });
}

function customValues(asOf: number): Arbitrary<Record<string, unknown>> {
  const iso = (at: number): string => new Date(at).toISOString();
  return fc.record({
    [customFieldIds.text]: fc.constantFrom(...texts),
    [customFieldIds.number]: fc.constantFrom(...numbers),
    [customFieldIds.boolean]: fc.boolean(),
    [customFieldIds.date]: days(asOf),
    [customFieldIds.other_date]: days(asOf),
    [customFieldIds.datetime]: instants(asOf).map(iso),
    [customFieldIds.other_datetime]: instants(asOf).map(iso),
    [customFieldIds.select]: fc.constantFrom(...options),
    [customFieldIds.multi_select]: fc.subarray(options, { minLength: 1 }),
  }, { requiredKeys: [] });
}

function contact(asOf: number): Arbitrary<Omit<WorldContact, 'id'> & { rawEvents: readonly (Omit<EventSnapshot, 'id'> & { idStart: string })[] }> {
  const override = fc.record({
    pin: fc.constantFrom('in' as const, 'out' as const),
    until: fc.constantFrom(null, asOf, asOf + 1, asOf - 1),
  });
  return fc.record({
    zone: fc.constantFrom(...zones),
    texts: fc.record(Object.fromEntries(textColumns.map((column) => [column, text]))),
    subscriptionStatus: fc.constantFrom(...statuses),
    leadScore: maybe(fc.constantFrom(...numbers)),
    createdAt: instants(asOf),
    updatedAt: instants(asOf),
    tags: fc.uniqueArray(fc.constantFrom(...texts), { maxLength: 3 }),
    custom: customValues(asOf),
    rawEvents: fc.array(event(asOf), { maxLength: 12 }),
    events: fc.constant([]),
    listed: fc.boolean(),
    overrides: fc.tuple(maybe(override), maybe(override)).map(([first, second]) => new Map([
      ...(first === null ? [] : [[segmentIds.pinned, first] as const]),
      ...(second === null ? [] : [[segmentIds.nested, second] as const]),
    ])),
  });
}

/** Contacts on both sides of every edge that the rules of the same `asOf` draw; every other world ends there. */
export function world(asOf: number): Arbitrary<World> {
  return fc.tuple(fc.uuid({ version: 4 }), fc.array(contact(asOf), { minLength: 15, maxLength: 40 }), fc.boolean()).map(([tenantId, drawn, ends]) => ({
    tenantId,
    asOf,
    contacts: drawn.map(({ rawEvents, ...rest }, index) => ({
      ...rest,
      id: uuid(0x1000 + index * 7919),
      texts: { ...rest.texts, email: `${index}${(rest.texts.email ?? '').trim()}@${index % 3 === 0 ? 'Example.com' : 'a@É.org'}` },
      events: rawEvents.map(({ idStart, ...row }, number) => ({ ...row, id: `${idStart}${index}-${number}` })).filter(({ occurredAt }) => !ends || occurredAt <= asOf),
    })),
  }));
}

/** Whether anything happens after the world's moment. */
export function hasLaterEvents({ asOf, contacts }: World): boolean {
  return contacts.some(({ events }) => events.some(({ occurredAt }) => occurredAt > asOf));
}
