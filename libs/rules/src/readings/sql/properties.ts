import { foldedSql } from '../../fold.js';
import type { Moment } from '../../registry/operator.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { EventFilter, PropertyRef } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { guarded, isSetSql, type NullIs } from './guard.js';
import { namesCampaigns, spelled, type Spellings } from './spellings.js';

type Own = Extract<PropertyRef, { kind: 'own' }>;
type Scalar = 'string' | 'number' | 'boolean';

const knownColumns: Readonly<Record<Extract<PropertyRef, { kind: 'known' }>['name'], Sql>> = {
  'campaign.id': sql`e.campaign_id`,
  'campaign.name': sql`coalesce(by_id.name, by_external_id.name)`,
  'url': sql`e.url`,
  'device': sql`e.device`,
  'revenue': sql`e.revenue`,
  'hour': sql`extract(hour from e.occurred_at at time zone z.zone)`,
  'weekday': sql`extract(isodow from e.occurred_at at time zone z.zone)`,
};

/** Which tables beside the event a property is read from. */
export function needsZone(property: PropertyRef): boolean {
  return property.kind === 'known' && (property.name === 'hour' || property.name === 'weekday');
}

export function needsCampaign(property: PropertyRef): boolean {
  return property.kind === 'known' && property.name === 'campaign.name';
}

/** Whether it is read off the campaign that an event names. */
export function isOfCampaign(property: PropertyRef): boolean {
  return property.kind === 'known' && (property.name === 'campaign.id' || property.name === 'campaign.name');
}

/**
 * A filter's test of `contact_event e`. Of the campaigns that a filter names by their ids, `spellings` are those among all
 * events, where somebody asked: then contact_event_by_campaign finds their events, and the planner knows how many they are.
 */
export function filterSql(filter: EventFilter, moment: Moment, nullIs: NullIs, spellings: Spellings | null): Sql {
  const { property, test } = filter;
  const row = operatorOf(test.type, test.operator)!;
  if (spellings !== null && namesCampaigns(filter)) {
    const named = sql`(e.campaign_id = any(${spelled(filter, spellings)}::text[]))`;
    if (row.positive !== undefined) return sql`not coalesce(${named}, false)`;
    return nullIs === 'false' ? named : sql`coalesce(${named}, false)`;
  }
  if (property.kind === 'known') {
    const column = knownColumns[property.name];
    const x = property.type === 'number' ? sql`${column}::float8` : column;
    return guarded(row, x, property.type, test.value, moment, nullIs);
  }
  if (row.value.name === 'none') {
    const isSet = sql`(${isSetSql(ownSql(property, 'string'), 'string')}
      or ${ownSql(property, 'number')} is not null or ${ownSql(property, 'boolean')} is not null)`;
    return row.positive === undefined ? isSet : sql`not ${isSet}`;
  }
  return guarded(row, ownSql(property, test.type as Scalar), test.type, test.value, moment, nullIs);
}

/** A property as a number of exactly its decimal; null where it is unset or of another type. */
export function numericSql(property: PropertyRef): Sql {
  return property.kind === 'known' ? sql`${knownColumns[property.name]}::numeric` : ownSql(property, 'number', sql`numeric`);
}

/** What tells values of a property apart, of any type: texts folded, a number never equal to a text. */
export function distinctSql(property: PropertyRef): Sql {
  if (property.kind === 'known') {
    const column = knownColumns[property.name];
    return property.type === 'string' ? foldedSql(sql`nullif(${column}, '')`) : column;
  }
  return sql`coalesce('"' || ${foldedSql(sql`nullif(${ownSql(property, 'string')}, '')`)},
    trim_scale(${ownSql(property, 'number', sql`numeric`)})::text, ${ownSql(property, 'boolean')}::text)`;
}

/**
 * A key of the event's own properties where its value is of the type, else null. Of an event type that declares the
 * key with another type, no value counts.
 */
function ownSql({ key, declared }: Own, type: Scalar, numberType: Sql = sql`float8`): Sql {
  const others = Object.keys(declared).filter((eventType) => declared[eventType] !== type);
  const declaredSo = others.length === 0 ? sql`` : sql` and e.type <> all(${others}::text[])`;
  const text = sql`(e.properties ->> ${key}::text)`;
  const value = { string: text, number: sql`${text}::${numberType}`, boolean: sql`${text}::boolean` }[type];
  return sql`(case when jsonb_typeof(e.properties -> ${key}::text) = ${type}::text${declaredSo} then ${value} end)`;
}
