import type { Moment } from '../../registry/operator.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { EventCondition } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { closed, liesSql } from '../../time/spans.js';
import { countedSpan } from '../../time/windows.js';
import { numeric } from './fields.js';
import { guarded, type NullIs, wantsMore, wantsValue, zeroGuarded } from './guard.js';
import { distinctSql, filterSql, isOfCampaign, needsCampaign, needsZone, numericSql } from './properties.js';
import { isPositive, namesCampaigns, spelled, type Spellings } from './spellings.js';
import type { Statement } from './statement.js';

/** An event condition whose measure is wanted, at the moment of its rule. */
export interface Wanted {
  readonly condition: EventCondition;
  readonly moment: Moment;
}

/** Where a measure stands: the feature, and its columns in it. */
export interface MeasureColumns {
  readonly feature: string;
  readonly measure: string;
  /** How many values an average is of. */
  readonly n: string;
}

/**
 * The measure of an event condition. Conditions that look at the same events share one scan, each with a column and
 * filters of its own: "opened on mobile, never on desktop" reads the opens once. Of candidates all events are read in
 * one pass, whatever their types and windows: by contact a pass costs as much as a scan of one type. What type, time and
 * campaign decide is a pass of its own, which the index answers without a look at the events. And of everybody so are all events
 * of the campaigns that conditions name: "sent, opened, not clicked" is one scan by campaign, and not three by type.
 */
export function measureFeature(condition: EventCondition, moment: Moment, statement: Statement): MeasureColumns {
  const { types, measure, window, pick, filters, filterMatch } = condition;
  const looks = [types, countedSpan(window, moment)];
  const scan = JSON.stringify(['events', pick, ...(onePassOf(condition, statement) ?? looks)]);
  const { feature: key, wanted, at } = statement.share<Wanted>(scan, JSON.stringify([looks, measure, filters, filterMatch, moment.timezone]), { condition, moment });
  const feature = statement.feature('events', key, () => scanSql(wanted, statement));
  return { feature, ...columnsOf(at) };
}

/** What conditions have in common that look at events in one pass whatever their types and windows; null where they do not. */
function onePassOf(condition: EventCondition, statement: Statement): [readsEvents: boolean] | [campaigns: 'campaigns', ids: readonly string[]] | null {
  if (condition.pick !== 'all') return null;
  if (statement.ofCandidates) return [readsEvents(condition)];
  const ids = campaignsOf(condition, statement.spellings);
  return ids === null ? null : ['campaigns', ids];
}

/** The campaigns, as events spell them, whose events alone can count; null where others may, or where nobody knows. */
function campaignsOf({ filters, filterMatch }: EventCondition, spellings: Spellings | null): string[] | null {
  const naming = filterMatch === 'all' || filters.length === 1 ? filters.find((filter) => namesCampaigns(filter) && isPositive(filter)) : undefined;
  return spellings === null || naming === undefined ? null : spelled(naming, spellings);
}

/** Whether more of the events is looked at than type, time and campaign. */
function readsEvents({ measure, filters }: EventCondition): boolean {
  if (!filters.every(({ property }) => isOfCampaign(property))) return true;
  switch (measure.fn) {
    case 'count': case 'distinct_days': case 'distinct_campaigns': return false;
    case 'distinct': return !isOfCampaign(measure.property);
    case 'revenue': case 'sum': case 'min': case 'max': case 'avg': return true;
  }
}

function asksOfDevices({ condition: { filters } }: Wanted): boolean {
  return filters.every(({ property }) => property.kind === 'known' && property.name === 'device');
}

function columnsOf(at: number): { measure: string; n: string } {
  return at === 0 ? { measure: 'measure', n: 'n' } : { measure: `measure_${at + 1}`, n: `n_${at + 1}` };
}

/**
 * The measures of all contacts that have one of them, as one aggregated scan: by (tenant_id, type, occurred_at) include
 * (contact_id, campaign_id), by (tenant_id, campaign_id), or for candidates by (tenant_id, contact_id, type, occurred_at)
 * include (campaign_id).
 */
function scanSql(wanted: readonly Wanted[], statement: Statement): Sql {
  const [{ condition: { pick } }] = wanted as readonly [Wanted, ...Wanted[]];
  const properties = wanted.flatMap(({ condition: { measure, filters } }) =>
    [...filters.map(({ property }) => property), ...('property' in measure ? [measure.property] : [])]);
  const zone = properties.some(needsZone)
    ? sql` join contact z on ${statement.ofTenant('z')} and z.id = e.contact_id` : sql``;
  const campaign = properties.some(needsCampaign)
    ? sql` left join campaign by_id on ${statement.ofTenant('by_id')} and by_id.id::text = e.campaign_id
      left join campaign by_external_id on ${statement.ofTenant('by_external_id')} and by_external_id.external_id = e.campaign_id`
    : sql``;
  const onePass = onePassOf(wanted[0]!.condition, statement) !== null;
  // Of candidates each event is looked at anyway.
  const spellings = statement.ofCandidates ? null : statement.spellings;
  const passes = wanted.map((one) => passesSql(one, onePass, spellings));
  // An event that passes nobody's filters need not be read any further. Devices are few, and each has many events: to ask twice costs
  // more than it spares, and several processes do not share the scan (two devices among 3.7 million opens: 9.5 s, and 6 s without).
  const passesAny = onePass || passes.includes(null) || wanted.every(asksOfDevices) ? null : sql`(${sql.join(passes, sql` or `)})`;
  const inWindow = onePass ? inAnyWindow(wanted, statement) : windowSql(wanted[0]!, statement);
  const source = pick === 'all' ? sql`contact_event e` : pickedSql(pick, inWindow);
  const alone = passes.length === 1 && !(onePass && statement.ofCandidates);
  const where = [pick === 'all' ? inWindow : null, alone ? passes[0]! : passesAny].filter((part) => part !== null);
  const restricted = where.length === 0 ? sql`` : sql` where ${sql.join(where, sql` and `)}`;
  const measures = wanted.map((one, at) => aggregateSql(one, alone ? null : passes[at]!, columnsOf(at)));
  return sql`select e.contact_id, ${sql.join(measures)} from ${source}${zone}${campaign}${restricted} group by e.contact_id`;
}

/** Whether an event of the scan counts for a condition; null where every one does. In one pass the scan is of all windows. */
function passesSql(wanted: Wanted, onePass: boolean, spellings: Spellings | null): Sql | null {
  const { condition: { filters, filterMatch }, moment } = wanted;
  const tests = filters.map((filter) => filterSql(filter, moment, 'false', spellings));
  const filtered = tests.length === 0 ? null : sql`(${sql.join(tests, filterMatch === 'all' ? sql` and ` : sql` or `)})`;
  if (!onePass) return filtered;
  return filtered === null ? liesInWindow(wanted) : sql`${liesInWindow(wanted)} and ${filtered}`;
}

/** Whether the measure passes the condition's test. */
export function measureTestSql({ measure, count }: EventCondition, columns: MeasureColumns, moment: Moment, nullIs: NullIs): Sql {
  const row = operatorOf('number', count.operator)!;
  const value = count.operator === 'between' ? count.values : count.values[0];
  const x = sql.ref(`${columns.feature}.${columns.measure}`);
  switch (measure.fn) {
    case 'count': case 'distinct': case 'distinct_campaigns': case 'distinct_days':
      return zeroGuarded(row, x, value, moment, nullIs);
    case 'revenue': case 'sum':
      return zeroGuarded(row, x, value, { ...moment, right: numeric }, nullIs);
    case 'min': case 'max':
      return guarded(row, x, 'number', value, { ...moment, right: numeric }, nullIs);
    case 'avg': {
      // Held exactly: the sum against the value times the number of events, never a rounded quotient.
      const right = (number: number): Sql => sql`(${numeric(number)} * ${sql.ref(`${columns.feature}.${columns.n}`)})`;
      return guarded(row, x, 'number', value, { ...moment, right }, nullIs);
    }
  }
}

/** Whether nobody passes the test who has no such events. */
export function measureWantsRow({ measure, count }: EventCondition, moment: Moment): boolean {
  const row = operatorOf('number', count.operator)!;
  const value = count.operator === 'between' ? count.values : count.values[0];
  return measure.fn === 'min' || measure.fn === 'max' || measure.fn === 'avg' ? wantsValue(row) : wantsMore(row, value, moment);
}

function windowSql(wanted: Wanted, statement: Statement): Sql {
  return sql`${statement.ofTenant('e')} and ${liesInWindow(wanted)}${statement.amongCandidates('e.contact_id')}`;
}

/** Events that may count for any of the conditions: of their campaigns, where they have these in common, of their types, from where the first of their windows begins. */
function inAnyWindow(wanted: readonly Wanted[], statement: Statement): Sql {
  const types = [...new Set(wanted.flatMap(({ condition }) => condition.types))];
  const spans = wanted.map(({ condition, moment }) => countedSpan(condition.window, moment));
  const least = spans.every(({ from }) => from !== null) ? closed(Math.min(...spans.map(({ from }) => from!.at))) : null;
  const most = spans.every(({ to }) => to !== null) ? closed(Math.max(...spans.map(({ to }) => to!.at))) : null;
  const campaigns = statement.ofCandidates ? null : campaignsOf(wanted[0]!.condition, statement.spellings);
  const ofCampaigns = campaigns === null ? sql`` : sql` and e.campaign_id = any(${campaigns}::text[])`;
  const between = least === null && most === null ? sql`` : sql` and ${liesSql(sql`e.occurred_at`, { from: least, to: most }, false)}`;
  return sql`${statement.ofTenant('e')}${ofCampaigns} and ${isOfTypes(types)}${between}${statement.amongCandidates('e.contact_id')}`;
}

function liesInWindow({ condition: { types, window }, moment }: Wanted): Sql {
  return sql`${isOfTypes(types)} and ${liesSql(sql`e.occurred_at`, countedSpan(window, moment), false)}`;
}

function isOfTypes(types: readonly string[]): Sql {
  return types.length === 1 ? sql`e.type = ${types[0]}::text` : sql`e.type = any(${types}::text[])`;
}

/** The first or the latest event of each contact in the window, whatever the filters say of it. */
function pickedSql(pick: 'first' | 'latest', inWindow: Sql): Sql {
  const order = pick === 'first' ? sql`e.occurred_at, e.id` : sql`e.occurred_at desc, e.id desc`;
  return sql`(select distinct on (e.contact_id) e.* from contact_event e where ${inWindow} order by e.contact_id, ${order}) e`;
}

/** The aggregate over the events that pass, and the names of its columns. */
function aggregateSql({ condition: { measure }, moment: { timezone } }: Wanted, passes: Sql | null, columns: { measure: string; n: string }): Sql {
  const named = (aggregate: Sql, name: string): Sql =>
    sql`${aggregate}${passes === null ? sql`` : sql` filter (where ${passes})`} as ${sql.raw(name)}`;
  const one = (aggregate: Sql): Sql => named(aggregate, columns.measure);
  switch (measure.fn) {
    case 'count': return one(sql`count(*)`);
    case 'revenue': return one(sql`sum(e.revenue)`);
    case 'distinct_campaigns': return one(sql`count(distinct nullif(e.campaign_id, ''))`);
    case 'distinct_days': return one(sql`count(distinct (e.occurred_at at time zone ${timezone}::text)::date)`);
    case 'distinct': return one(sql`count(distinct ${distinctSql(measure.property)})`);
    case 'sum': return one(sql`sum(${numericSql(measure.property)})`);
    case 'min': return one(sql`min(${numericSql(measure.property)})`);
    case 'max': return one(sql`max(${numericSql(measure.property)})`);
    case 'avg': return sql`${one(sql`sum(${numericSql(measure.property)})`)}, ${named(sql`count(${numericSql(measure.property)})`, columns.n)}`;
  }
}
