import { sql, type Sql } from '#database';
import { engagementSql } from '#rules';
import { contactsOf } from '../../contacts/index.js';

/** Of a field no more values than these are looked at, the most common first. */
const valuesOfField = 200;

const texts = [
  ['country', 'country'], ['state', 'state'], ['city', 'city'], ['timezone', 'timezone'], ['company', 'company'], ['jobTitle', 'job_title'],
  ['source', 'source'], ['subscriptionStatus', 'subscription_status'],
] as const;

/** A custom field as the profile reads it, by its id in `contact.custom`. */
export interface ProfiledField {
  readonly id: string;
  readonly type: 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'select' | 'multi_select';
}

/** Whom a profile looks at: contacts of the first `buckets` parts of 1,024, and members of the first `memberBuckets`, which are at least as many. */
export interface ProfileScope {
  readonly tenantId: string;
  readonly segmentId: string;
  readonly buckets: number;
  readonly memberBuckets: number;
  /** Whether there are events later than now, which have not happened yet. */
  readonly laterEvents: boolean;
  readonly now: Date;
}

/** Numbers and days have values enough for bands of their own only. */
export function isBanded({ type }: ProfiledField): boolean {
  return type === 'number' || type === 'date' || type === 'datetime';
}

/** One row: how many members and contacts there are, and whether an event is later than now. By segment_member_pkey and contact_engagement_latest alone. */
export function populations(tenantId: string, segmentId: string, now: Date): Sql {
  return sql`
    select (select count(*) from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid) as members,
      ${contactsOf(tenantId)} as contacts,
      exists (select from contact_engagement where tenant_id = ${tenantId}::uuid and latest_event_at > ${now}::timestamptz) as later_events`;
}

/** One row: `bounds`, an array for each of the banded fields, in their order, of its quartiles over the contacts looked at; `null` where none has it. */
export function quartiles({ tenantId, buckets }: ProfileScope, fields: readonly ProfiledField[]): Sql {
  const of = fields.map((field) => sql`to_jsonb(percentile_disc(array[0.25, 0.5, 0.75]) within group (order by ${bandedValue(field)}))`);
  return sql`
    select jsonb_build_array(${sql.join(of)}) as bounds from contact c
    where c.tenant_id = ${tenantId}::uuid and c.bucket < ${buckets}::smallint`;
}

/** A number, or a day as text: days of four-digit years are in order as texts are. Of an instant, its day in UTC. */
function bandedValue({ id, type }: ProfiledField): Sql {
  return type === 'number' ? sql`(c.custom ->> ${id}::text)::float8` : sql`(left(c.custom ->> ${id}::text, 10) collate "C")`;
}

/** The place of the band, of the bounds in their order: 0 is below the first. */
function bandOf(field: ProfiledField, bounds: readonly (number | string)[]): Sql {
  const list = field.type === 'number' ? sql`${[...bounds]}::float8[]` : sql`${[...bounds]}::text[]`;
  return sql`width_bucket(${bandedValue(field)}, ${list})::text`;
}

/**
 * Rows of `field`, `value`, `inside` (members with it, of those looked at) and `outside` (others with it). Custom fields by their id as
 * `customField:<id>`, banded ones with the place of the band as value. Lead scores are taken by tens, and behaviours from the engagement
 * figures; `hasConverted` every contact has, so that its two values add up to whom was looked at.
 *
 * One pass over the contacts: each field is a grouping set of its own, and lists (tags, multi-selects) are taken apart when equal
 * ones have been counted. A row of values for each contact and field instead, grouped, took 3.8 s for 100,000 contacts where this takes 0.8 s.
 * `offset 0` hides from the planner what the custom fields are read from: it took each of them for as many values as there are
 * contacts, and sorted by each, 2.4 s.
 */
export function valueCounts(scope: ProfileScope, customFields: readonly ProfiledField[], bounds: ReadonlyMap<string, readonly (number | string)[]>): Sql {
  const { now } = scope;
  const within = (column: string, days: number): Sql => sql`coalesce(
    ${sql.ref(column)} > ${now}::timestamptz - make_interval(days => ${days}::int) and ${sql.ref(column)} <= ${now}::timestamptz, false)::text`;
  const tens = sql`floor(least(greatest(c.lead_score, -1e6), 1e6) / 10) * 10`;
  const single: [string, Sql][] = [
    ...texts.map(([name, column]): [string, Sql] => [name, sql.ref(`c.${column}`)]),
    ['leadScore', sql`case when c.lead_score is not null then (${tens})::bigint || ' to under ' || (${tens} + 10)::bigint end`],
    ['lastOpenedDevice', sql`g.last_opened_device`],
    ['openedLast30Days', within('g.last_opened_at', 30)], ['clickedLast30Days', within('g.last_clicked_at', 30)],
    ['convertedLast90Days', within('g.last_converted_at', 90)], ['hasConverted', sql`coalesce(g.total_conversions > 0, false)::text`],
    ['openedLastEmail', sql`coalesce(g.opened_last_email, false)::text`],
    ...customFields.filter(({ type }) => type !== 'multi_select').map((field): [string, Sql] => [`customField:${field.id}`,
      isBanded(field) ? bandOf(field, bounds.get(field.id) ?? []) : sql`c.custom ->> ${field.id}::text`]),
  ];
  const lists: [string, Sql][] = [
    ['tags', sql`to_jsonb(nullif(c.tags, '{}'))`],
    ...customFields.filter(({ type }) => type === 'multi_select').map(({ id }): [string, Sql] => [`customField:${id}`, sql`c.custom -> ${id}::text`]),
  ];
  const [asText, asList] = [columns('t', single), columns('l', lists)];
  return sql`
    with looked as (${lookedAt(scope)}),
    read as (
      select ${sql.join([...asText, ...asList].map(({ name, value }) => sql`${value} as ${name}`))}, c.is_member
      from looked c left join (${figures(scope)}) g on g.contact_id = c.id
      offset 0
    ),
    counted as (
      select ${sql.join([...asText, ...asList].map(({ name }) => name))}, count(*) filter (where is_member) as inside, count(*) filter (where not is_member) as outside
      from read group by grouping sets (${sql.join([...asText, ...asList].map(({ name }) => sql`(${name})`))})
    ),
    valued as (
      select ${whichOf(asText)} as field, coalesce(${sql.join(asText.map(({ name }) => name))}) as value, inside, outside from counted
      where num_nonnulls(${sql.join(asText.map(({ name }) => name))}) > 0
      union all
      select field, value, sum(inside), sum(outside) from (
        select ${whichOf(asList)} as field, item as value, inside, outside from counted
        cross join jsonb_array_elements_text(coalesce(${sql.join(asList.map(({ name }) => name))}, '[]')) item
      ) items group by field, value
    )
    select field, value, inside, outside from (
      select *, row_number() over (partition by field order by inside + outside desc, value) as place from valued where value <> ''
    ) ranked where place <= ${valuesOfField}::int`;
}

/** The engagement figures up to now: the stored ones, except of contacts with events after it, whose figures are recomputed. Those are few, found by contact_engagement_latest. */
function figures({ tenantId, laterEvents, now }: ProfileScope): Sql {
  const read = sql.join(['contact_id', 'last_opened_device', 'last_opened_at', 'last_clicked_at', 'last_converted_at', 'total_conversions', 'opened_last_email'].map((column) => sql.ref(`f.${column}`)));
  const stored = sql`select ${read} from contact_engagement f where f.tenant_id = ${tenantId}::uuid`;
  if (!laterEvents) return stored;
  const later = sql`select contact_id from contact_engagement where tenant_id = ${tenantId}::uuid and latest_event_at > ${now}::timestamptz`;
  return sql`${stored} and f.latest_event_at <= ${now}::timestamptz union all select ${read} from (${engagementSql(later, tenantId, now.getTime())}) f`;
}

interface Column { readonly field: string; readonly name: Sql; readonly value: Sql }

function columns(letter: string, values: readonly [string, Sql][]): Column[] {
  return values.map(([field, value], at) => ({ field, value, name: sql.ref(`${letter}${at}`) }));
}

/** The field of the grouping set that a row is of: the one column that is set. */
function whichOf(list: readonly Column[]): Sql {
  return sql`case ${sql.join(list.map(({ field, name }) => sql`when ${name} is not null then ${field}::text`), sql` `)} end`;
}

/** The contacts looked at, with `is_member`. Reads contact_bucket where these are a part, and for further members contact_pkey. */
function lookedAt({ tenantId, segmentId, buckets, memberBuckets }: ProfileScope): Sql {
  const read = sql.join([...texts.map(([, column]) => column), 'id', 'lead_score', 'tags', 'custom'].map((column) => sql.ref(`c.${column}`)));
  const membership = sql`m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid`;
  const further = sql`
    union all
    select ${read}, true from segment_member m join contact c on c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id
    where ${membership} and c.bucket >= ${buckets}::smallint and c.bucket < ${memberBuckets}::smallint`;
  return sql`
    select ${read}, m.contact_id is not null as is_member from contact c left join segment_member m on ${membership} and m.contact_id = c.id
    where c.tenant_id = ${tenantId}::uuid and c.bucket < ${buckets}::smallint ${memberBuckets > buckets ? further : sql``}`;
}
