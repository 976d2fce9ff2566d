import type { Moment } from '../../registry/operator.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { Condition, FieldCondition, Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { guarded, wantsValue } from './guard.js';
import { Statement, type StatementOptions } from './statement.js';
import { asksOnlyOf, togetherIn } from './together.js';

/** The conditions of a rule by which whoever matches has a row in `contact_date`. */
export function datesOf(rule: Rule): FieldCondition[] {
  return togetherIn(rule.groups, rule.match).filter(isDated);
}

/** Whether whoever passes has a row in `contact_date`: a custom date or instant is to be set, or to be at some time. */
function isDated(condition: Condition): condition is FieldCondition {
  return condition.kind === 'field' && condition.field.source === 'custom'
    && (condition.field.type === 'date' || condition.field.type === 'datetime')
    && wantsValue(operatorOf(condition.test.type, condition.test.operator)!);
}

/**
 * The test of such a condition over `contact_date d`, which has a row of each contact and field with a value. Reads
 * contact_date_by_day, _by_at and _by_month_day where the range is narrow.
 */
export function datedSql({ field, test }: FieldCondition, moment: Moment, statement: Statement): Sql {
  if (field.source !== 'custom') throw new Error(`${field.name} is no custom field.`);
  const row = operatorOf(test.type, test.operator)!;
  const matches = field.type === 'date'
    ? guarded(row, sql`d.on_day`, 'date', test.value, { ...moment, monthAndDay: sql`d.month_day` }, 'false')
    : guarded(row, sql`d.at`, 'datetime', test.value, moment, 'false');
  return sql`(${statement.ofTenant('d')} and d.field_id = ${field.id}::uuid and ${matches})`;
}

/** Few enough, of all contacts, to be looked up one by one: one in twelve. At one in eight all of them were read in less time. */
const fewOf = 12;

/** What is not counted is taken for many. */
const mostCounted = 5;

/** Those of a rule's conditions that are worth counting before it is written: whoever matches passes them, and an index finds who does. */
export function datesToCount(rule: Rule): FieldCondition[] {
  const dated = datesOf(rule);
  if (dated.some((condition) => asksOnlyOf(condition, rule))) return [];
  return dated.filter(({ field, test }) => field.type === 'date' || test.operator !== 'anniversary').slice(0, mostCounted);
}

/** Which of these conditions few of so many contacts pass, by their places in the list, the fewest first. */
export function selectFewDated(conditions: readonly FieldCondition[], rule: Rule, options: StatementOptions, contacts: Sql): Sql {
  const statement = new Statement(options);
  const counted = conditions.map((condition, at) => sql`(${at}::int, (select count(*) from (
    select from contact_date d where ${datedSql(condition, { asOf: options.asOf, timezone: rule.timezone }, statement)} limit (select most from few)) counted))`);
  return sql`with few as materialized (select ${contacts} / ${fewOf}::bigint as most)
    select asked.at from (values ${sql.join(counted)}) asked (at, contacts) where asked.contacts < (select most from few) order by asked.contacts`;
}
