import type { PropertyRef } from '../rule.js';
import type { EventTypeTerm } from '../vocabulary.js';

type KnownProperty = Extract<PropertyRef, { kind: 'known' }>;

/** A property that every event may have. */
export interface PropertyRow {
  readonly name: KnownProperty['name'];
  readonly type: KnownProperty['type'];
  readonly label: string;
  readonly describe: string;
}

export const propertyRows: readonly PropertyRow[] = [
  { name: 'campaign.id', type: 'string', label: 'Campaign id', describe: 'what the event’s sender gave' },
  { name: 'campaign.name', type: 'string', label: 'Campaign name', describe: 'the present name of the campaign with that id; unset where there is none' },
  { name: 'url', type: 'string', label: 'URL', describe: 'as sent' },
  { name: 'device', type: 'string', label: 'Device', describe: 'as sent' },
  { name: 'revenue', type: 'number', label: 'Revenue', describe: 'as sent' },
  { name: 'hour', type: 'number', label: 'Hour', describe: '0–23 in the contact’s time zone' },
  { name: 'weekday', type: 'number', label: 'Weekday', describe: '1 (Monday) – 7 in the contact’s time zone' },
];

/** Before the key of an event's own property; the key is all that follows. */
export const OWN_PREFIX = 'properties.';

/** The types that an event's own properties may have, in the order in which an operator of several is looked for. */
export const ownPropertyTypes = ['string', 'number', 'boolean'] as const;

/** The event property of that name, of events of these own types. */
export function findProperty(name: string, ownTypes: readonly EventTypeTerm[]): PropertyRef | undefined {
  const row = propertyRows.find((candidate) => candidate.name === name);
  if (row !== undefined) return { kind: 'known', name: row.name, type: row.type };
  if (!name.startsWith(OWN_PREFIX) || name === OWN_PREFIX) return undefined;
  const key = name.slice(OWN_PREFIX.length);
  const declared: Record<string, 'string' | 'number' | 'boolean'> = {};
  for (const term of ownTypes) {
    const type = Object.hasOwn(term.properties, key) ? term.properties[key] : undefined;
    if (type !== undefined) declared[term.id] = type;
  }
  return { kind: 'own', name, key, declared };
}
