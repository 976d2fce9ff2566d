import type { Edge, Moment } from '../registry/operator.js';
import { operatorOf } from '../registry/operators/index.js';
import type { EventCondition, FieldCondition, Rule } from '../rule.js';
import { sql, type Sql } from '../sql.js';
import { formatInstant } from '../time/calendar.js';
import { spanOfWindow } from '../time/windows.js';
import { conditionsOf } from './conditions.js';
import type { References } from './memory/snapshot.js';
import { fieldColumn } from './sql/fields.js';

export interface TimeStep {
  readonly tenantId: string;
  /** The rules that are to be evaluated anew, and the segments whose overrides apply to them. */
  readonly rules: readonly Rule[];
  readonly segments: readonly string[];
  /** Every segment that the rules reach. */
  readonly references: References;
  /** The moment of the last evaluation and that of the next, which may lie before it. */
  readonly from: number;
  readonly to: number;
}

/**
 * The contacts, as one column `contact_id`, whose verdict under any of the rules may differ between two moments with
 * no new data: those with a value, an event or the end of an override on or between the two places of an edge.
 */
export function timeMovedSql(step: TimeStep): Sql {
  const reached = [...step.references.values()].flatMap((reference) => (reference.kind === 'dynamic' ? [reference.rule] : []));
  const tests = [...step.rules, ...reached].flatMap((rule) => conditionsOf(rule).map((condition) => ({ condition, timezone: rule.timezone })));
  const sources: Sql[] = [...overridesSql(step)];
  const own: Sql[] = [];
  const figures: Sql[] = [];
  for (const { condition, timezone } of tests) {
    const moments = [{ asOf: step.from, timezone }, { asOf: step.to, timezone }] as const;
    if (condition.kind === 'event') sources.push(...eventsSql(condition, moments, step.tenantId));
    if (condition.kind === 'field') (condition.field.source === 'engagement' ? figures : own).push(...fieldTests(condition, moments));
  }
  const readsEvents = tests.some(({ condition }) =>
    condition.kind === 'event' || (condition.kind === 'field' && condition.field.source === 'engagement'));
  if (readsEvents) figures.push(eventsAppear(step));
  if (own.length > 0) {
    sources.push(sql`select c.id as contact_id from contact c
      where c.tenant_id = ${step.tenantId}::uuid and (${sql.join(own, sql` or `)})`);
  }
  if (figures.length > 0) {
    sources.push(sql`select g.contact_id from contact_engagement g
      where g.tenant_id = ${step.tenantId}::uuid and (${sql.join(figures, sql` or `)})`);
  }
  return sources.length === 0 ? sql`select null::uuid as contact_id where false` : sql.join(sources, sql` union `);
}

type Moments = readonly [before: Moment, after: Moment];

/** Closed on both sides: `<=` and `<` flip on different ones, and a candidate too many costs nothing. */
function between(x: Sql, one: string, other: string, type: Sql): Sql {
  return sql`(${x} between least(${one}::${type}, ${other}::${type}) and greatest(${one}::${type}, ${other}::${type}))`;
}

function betweenInstants(x: Sql, one: number, other: number): Sql {
  return between(x, formatInstant(one), formatInstant(other), sql`timestamptz`);
}

function fieldTests({ field, test }: FieldCondition, [before, after]: Moments): Sql[] {
  const row = operatorOf(test.type, test.operator)!;
  if (row.timeDependent?.(test.value) !== true) return [];
  const x = fieldColumn(field);
  if (row.edges === undefined) {
    // The days that return are no range of values: the verdicts themselves are compared, where it is another day.
    const [then, now] = [row.sql(x, test.value, before), row.sql(x, test.value, after)];
    return [sql`(${x} is not null and ${then} <> ${now})`];
  }
  const edgesAfter = row.edges(test.value, after);
  return row.edges(test.value, before).flatMap((edge, index) => edgeTest(x, edge, edgesAfter[index]!));
}

function edgeTest(x: Sql, before: Edge, after: Edge): Sql[] {
  if (before.kind === 'day' && after.kind === 'day') {
    return before.day === after.day ? [] : [between(x, before.day, after.day, sql`date`)];
  }
  if (before.kind === 'instant' && after.kind === 'instant') {
    return before.at === after.at ? [] : [betweenInstants(x, before.at, after.at)];
  }
  throw new Error('An edge is of one kind at every moment.');
}

/** Index ranges of (tenant_id, type, occurred_at). */
function eventsSql({ types, window }: EventCondition, [before, after]: Moments, tenantId: string): Sql[] {
  const [then, now] = [spanOfWindow(window, before), spanOfWindow(window, after)];
  return (['from', 'to'] as const).flatMap((side) => {
    const [one, other] = [then[side]?.at, now[side]?.at];
    if (one === undefined || other === undefined || one === other) return [];
    return [sql`select e.contact_id from contact_event e
      where e.tenant_id = ${tenantId}::uuid and e.type = any(${types}::text[]) and ${betweenInstants(sql`e.occurred_at`, one, other)}`];
  });
}

/**
 * An event becomes visible, or ceases to be, only where the contact's latest event is not before both moments. That
 * also holds every contact whose figures are not the stored ones at either moment.
 */
function eventsAppear({ from, to }: TimeStep): Sql {
  return sql`(g.latest_event_at >= ${formatInstant(Math.min(from, to))}::timestamptz)`;
}

function overridesSql({ tenantId, segments, references, from, to }: TimeStep): Sql[] {
  const ids = [...new Set([...segments, ...references.keys()])];
  if (ids.length === 0) return [];
  return [sql`select o.contact_id from segment_override o
    where o.tenant_id = ${tenantId}::uuid and o.segment_id = any(${ids}::uuid[]) and ${betweenInstants(sql`o.until`, from, to)}`];
}
