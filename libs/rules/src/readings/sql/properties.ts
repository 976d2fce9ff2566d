import { foldedSql } from '../../fold.js';
import type { Moment } from '../../registry/operator.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { EventFilter, PropertyRef } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { guarded, isSetSql, type NullIs } from './guard.js';
import type { Statement } from './statement.js';

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

/** Whether a filter names campaigns by their ids: then the events are found by contact_event_by_campaign. */
export function namesCampaigns({ property, test }: EventFilter): boolean {
  const row = operatorOf(test.type, test.operator)!;
  return property.kind === 'known' && property.name === 'campaign.id' && ['equals', 'in'].includes((row.positive ?? row).name);
}

/**
 * The spellings of campaign ids among all events, hopped through by the index: rules compare them folded, which reaches no
 * index below row-level security. A tenant has thousands at most, and each is one probe.
 */
export function campaignIdsFeature(statement: Statement): string {
  return statement.feature('campaigns', 'campaign ids', () => {
    const next = (after: Sql): Sql => sql`select e.campaign_id from contact_event e
      where ${statement.ofTenant('e')} and ${after} order by e.campaign_id limit 1`;
    return sql`with recursive hops (id) as (
        (${next(sql`e.campaign_id > ''`)}) union all select (${next(sql`e.campaign_id > hops.id`)}) from hops where hops.id is not null
      ) select id from hops where id is not null`;
  });
}

/** A filter's test of `contact_event e`; `campaignIds` where those of all events are at hand. */
export function filterSql(filter: EventFilter, moment: Moment, nullIs: NullIs, campaignIds: string | null): Sql {
  const { property, test } = filter;
  const row = operatorOf(test.type, test.operator)!;
  if (campaignIds !== null && namesCampaigns(filter)) {
    const named = sql`(e.campaign_id = any(array(select id from ${sql.ref(campaignIds)}
      where ${foldedSql(sql`id`)} in (select ${foldedSql(sql`given.text`)} from unnest(${[test.value].flat()}::text[]) as given (text)))))`;
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
