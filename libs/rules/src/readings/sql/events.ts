import type { Moment } from '../../registry/operator.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { EventCondition, Measure } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { liesSql } from '../../time/spans.js';
import { countedSpan } from '../../time/windows.js';
import { numeric } from './fields.js';
import { guarded, zeroGuarded, type NullIs } from './guard.js';
import { distinctSql, filterSql, needsCampaign, needsZone, numericSql } from './properties.js';
import type { Statement } from './statement.js';

/** All that the measure of an event condition depends on; its test is not part of it. */
export function measureKey({ types, measure, window, pick, filters, filterMatch }: EventCondition, moment: Moment): string {
  return JSON.stringify(['events', types, measure, countedSpan(window, moment), pick, filters, filterMatch, moment.timezone]);
}

/**
 * A measure of all contacts that have it, as one aggregated scan: by (tenant_id, type, occurred_at) include
 * (contact_id, campaign_id), or by (tenant_id, contact_id, type, occurred_at) for candidates.
 */
export function measureSql(condition: EventCondition, moment: Moment, statement: Statement): Sql {
  const { measure, filters, filterMatch, pick } = condition;
  const properties = filters.map(({ property }) => property);
  if ('property' in measure) properties.push(measure.property);
  const zone = properties.some(needsZone)
    ? sql` join contact z on ${statement.ofTenant('z')} and z.id = e.contact_id` : sql``;
  const campaign = properties.some(needsCampaign)
    ? sql` left join campaign by_id on ${statement.ofTenant('by_id')} and by_id.id::text = e.campaign_id
      left join campaign by_external_id on ${statement.ofTenant('by_external_id')} and by_external_id.external_id = e.campaign_id`
    : sql``;
  const tests = filters.map((filter) => filterSql(filter, moment, 'false'));
  const filtered = tests.length === 0 ? null : sql`(${sql.join(tests, filterMatch === 'all' ? sql` and ` : sql` or `)})`;
  const inWindow = windowSql(condition, moment, statement);
  const source = pick === 'all' ? sql`contact_event e` : pickedSql(pick, inWindow);
  const where = [pick === 'all' ? inWindow : null, filtered].filter((part) => part !== null);
  const restricted = where.length === 0 ? sql`` : sql` where ${sql.join(where, sql` and `)}`;
  return sql`select e.contact_id, ${aggregateSql(measure, moment)} from ${source}${zone}${campaign}${restricted} group by e.contact_id`;
}

/** Whether the measure passes the condition's test. */
export function measureTestSql({ measure, count }: EventCondition, feature: string, moment: Moment, nullIs: NullIs): Sql {
  const row = operatorOf('number', count.operator)!;
  const value = count.operator === 'between' ? count.values : count.values[0];
  const x = sql.ref(`${feature}.measure`);
  switch (measure.fn) {
    case 'count': case 'distinct': case 'distinct_campaigns': case 'distinct_days':
      return zeroGuarded(row, x, value, moment, nullIs);
    case 'revenue': case 'sum':
      return zeroGuarded(row, x, value, { ...moment, right: numeric }, nullIs);
    case 'min': case 'max':
      return guarded(row, x, 'number', value, { ...moment, right: numeric }, nullIs);
    case 'avg': {
      // Held exactly: the sum against the value times the number of events, never a rounded quotient.
      const right = (number: number): Sql => sql`(${numeric(number)} * ${sql.ref(`${feature}.n`)})`;
      return guarded(row, x, 'number', value, { ...moment, right }, nullIs);
    }
  }
}

function windowSql({ types, window }: EventCondition, moment: Moment, statement: Statement): Sql {
  const ofTypes = types.length === 1 ? sql`e.type = ${types[0]}::text` : sql`e.type = any(${types}::text[])`;
  return sql`${statement.ofTenant('e')} and ${ofTypes} and ${liesSql(sql`e.occurred_at`, countedSpan(window, moment), false)}${statement.amongCandidates('e.contact_id')}`;
}

/** The first or the latest event of each contact in the window, whatever the filters say of it. */
function pickedSql(pick: 'first' | 'latest', inWindow: Sql): Sql {
  const order = pick === 'first' ? sql`e.occurred_at, e.id` : sql`e.occurred_at desc, e.id desc`;
  return sql`(select distinct on (e.contact_id) e.* from contact_event e where ${inWindow} order by e.contact_id, ${order}) e`;
}

function aggregateSql(measure: Measure, { timezone }: Moment): Sql {
  switch (measure.fn) {
    case 'count': return sql`count(*) as measure`;
    case 'revenue': return sql`sum(e.revenue) as measure`;
    case 'distinct_campaigns': return sql`count(distinct nullif(e.campaign_id, '')) as measure`;
    case 'distinct_days': return sql`count(distinct (e.occurred_at at time zone ${timezone}::text)::date) as measure`;
    case 'distinct': return sql`count(distinct ${distinctSql(measure.property)}) as measure`;
    case 'sum': return sql`sum(${numericSql(measure.property)}) as measure`;
    case 'min': return sql`min(${numericSql(measure.property)}) as measure`;
    case 'max': return sql`max(${numericSql(measure.property)}) as measure`;
    case 'avg': return sql`sum(${numericSql(measure.property)}) as measure, count(${numericSql(measure.property)}) as n`;
  }
}
