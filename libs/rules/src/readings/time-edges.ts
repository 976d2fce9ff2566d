import type { Edge, Moment } from '../registry/operator.js';
import { fieldRow } from '../registry/fields.js';
import { operatorOf } from '../registry/operators/index.js';
import type { EventCondition, FieldCondition, FieldRef, Rule } from '../rule.js';
import { sql, type Sql } from '../sql.js';
import { formatInstant } from '../time/calendar.js';
import { spanOfWindow } from '../time/windows.js';
import { conditionsOf, rulesReached } from './conditions.js';
import type { References } from './memory/snapshot.js';
import { contactColumn, figureColumn } from './sql/fields.js';

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
 * no new data: those with a value, an event or the end of an override on or between the two places of an edge. Each is
 * found in an index range; equal ranges of several rules are looked up once.
 */
export function timeMovedSql(step: TimeStep): Sql {
  const crossed = new Crossed();
  for (const rule of rulesReached(step.rules, step.references)) {
    const { timezone } = rule;
    const moments = [{ asOf: step.from, timezone }, { asOf: step.to, timezone }] as const;
    for (const condition of conditionsOf(rule)) {
      if (condition.kind === 'event') crossEvents(condition, moments, crossed);
      if (condition.kind === 'field') crossField(condition, moments, crossed);
    }
  }
  const sources = [...crossed.selects(step.tenantId), ...overridesSql(step), ...(crossed.readsEvents ? [eventsAppear(step)] : [])];
  return sources.length === 0 ? sql`select null::uuid as contact_id where false` : sql.join(sources, sql` union `);
}

type Moments = readonly [before: Moment, after: Moment];

/** Tests of values that lie on or between the two places of an edge, by what they are looked up in; each once. */
class Crossed {
  readsEvents = false;
  readonly #events = new Map<string, { types: readonly string[]; tests: Map<string, Sql> }>();
  readonly #own = new Map<string, Sql>();
  readonly #figures = new Map<string, Sql>();
  readonly #dates = new Map<string, { field: string; test: Sql }>();

  events(types: readonly string[], one: number, other: number): void {
    const key = types.join();
    const found = this.#events.get(key) ?? { types, tests: new Map<string, Sql>() };
    this.#events.set(key, found);
    found.tests.set(`${one} ${other}`, betweenInstants(sql`e.occurred_at`, one, other));
  }

  own(key: string, test: Sql): void {
    this.#own.set(key, test);
  }

  figure(key: string, test: Sql): void {
    this.#figures.set(key, test);
  }

  date(field: string, key: string, test: Sql): void {
    this.#dates.set(`${field} ${key}`, { field, test });
  }

  /** By contact_event_by_type; contact_created and contact_updated; contact_date_by_at, _by_day and _by_month_day. */
  *selects(tenantId: string): Iterable<Sql> {
    for (const { types, tests } of this.#events.values()) {
      yield sql`select e.contact_id from contact_event e
        where e.tenant_id = ${tenantId}::uuid and e.type = any(${types}::text[]) and (${sql.join([...tests.values()], sql` or `)})`;
    }
    for (const test of this.#own.values()) {
      yield sql`select c.id as contact_id from contact c where c.tenant_id = ${tenantId}::uuid and ${test}`;
    }
    for (const test of this.#figures.values()) {
      yield sql`select g.contact_id from contact_engagement g where g.tenant_id = ${tenantId}::uuid and ${test}`;
    }
    for (const { field, test } of this.#dates.values()) {
      yield sql`select d.contact_id from contact_date d where d.tenant_id = ${tenantId}::uuid and d.field_id = ${field}::uuid and ${test}`;
    }
  }
}

/** The two bounds of a window, each where it was and where it is. */
function crossEvents({ types, window }: EventCondition, [before, after]: Moments, crossed: Crossed): void {
  crossed.readsEvents = true;
  const [then, now] = [spanOfWindow(window, before), spanOfWindow(window, after)];
  for (const side of ['from', 'to'] as const) {
    const [one, other] = [then[side]?.at, now[side]?.at];
    if (one !== undefined && other !== undefined && one !== other) crossed.events(types, one, other);
  }
}

function crossField({ field, test }: FieldCondition, [before, after]: Moments, crossed: Crossed): void {
  if (field.source === 'engagement') crossed.readsEvents = true;
  const row = operatorOf(test.type, test.operator)!;
  if (row.timeDependent === undefined || !row.timeDependent(test.value)) return;
  const edgesAfter = row.edges(test.value, after);
  for (const [index, edge] of row.edges(test.value, before).entries()) crossEdge(field, edge, edgesAfter[index]!, after.timezone, crossed);
}

function crossEdge(field: FieldRef, then: Edge, now: Edge, timezone: string, crossed: Crossed): void {
  if (then.kind === 'instant' && now.kind === 'instant') {
    if (then.at !== now.at) crossInstants(field, then.at, now.at, crossed);
  } else if (then.kind === 'day' && now.kind === 'day') {
    if (then.day !== now.day && field.source === 'custom') {
      crossed.date(field.id, `${then.day} ${now.day}`, between(sql`d.on_day`, then.day, now.day, sql`date`));
    }
  } else if (then.kind === 'returns' && now.kind === 'returns') {
    const days = daysAskedOtherwise(then.years, now.years);
    if (days.length > 0) crossReturns(field, days, timezone, crossed);
  } else {
    throw new Error('An edge is of one kind at every moment.');
  }
}

function crossInstants(field: FieldRef, one: number, other: number, crossed: Crossed): void {
  if (field.source === 'custom') {
    crossed.date(field.id, `${one} ${other}`, betweenInstants(sql`d.at`, one, other));
  } else if (field.source === 'contact') {
    crossed.own(`${field.name} ${one} ${other}`, betweenInstants(contactColumn(field), one, other));
  } else {
    // The moment of a latest event is that of an event.
    crossed.events(fieldRow(field.name)!.latestOf!, one, other);
  }
}

/** Days of the year that are asked for in other years than before. */
function daysAskedOtherwise(then: ReadonlyMap<number, readonly number[]>, now: ReadonlyMap<number, readonly number[]>): number[] {
  const yearsOf = (asked: ReadonlyMap<number, readonly number[]>, day: number): string =>
    [...asked].filter(([, days]) => days.includes(day)).map(([year]) => year).join();
  const all = new Set([...then.values(), ...now.values()].flat());
  return [...all].filter((day) => yearsOf(then, day) !== yearsOf(now, day));
}

/**
 * A custom date is looked up by its day of the year, a custom instant by that of UTC, from which the day in any zone is at
 * most one away. Of the contact's own instants and the latest events no such day is stored: they are read through, on the
 * one step a day that has a midnight of the zone in it.
 */
function crossReturns(field: FieldRef, days: readonly number[], timezone: string, crossed: Crossed): void {
  if (field.source === 'custom') {
    const asked = field.customType === 'date' ? days : withNeighbours(days);
    crossed.date(field.id, `returns ${asked.join()}`, sql`d.month_day = any(${asked}::smallint[])`);
    return;
  }
  const local = (x: Sql): Sql => sql`(date_part('month', ${x} at time zone ${timezone}::text) * 100
    + date_part('day', ${x} at time zone ${timezone}::text)) = any(${days}::float8[])`;
  const key = `${field.name} returns ${timezone} ${days.join()}`;
  if (field.source === 'contact') crossed.own(key, local(contactColumn(field)));
  else crossed.figure(key, local(sql.ref(`g.${figureColumn(field)}`)));
}

/** With the day before and the day after each; in a leap year, so that both neighbours of 29 February are there. */
function withNeighbours(days: readonly number[]): number[] {
  const near = days.flatMap((day) => [-1, 0, 1].map((by) => {
    const date = new Date(Date.UTC(2000, Math.floor(day / 100) - 1, (day % 100) + by));
    return (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
  }));
  // Without a 29 February, the 28th and 1 March are neighbours.
  if (days.includes(228)) near.push(301);
  if (days.includes(301)) near.push(228);
  return [...new Set(near)];
}

/** Closed on both sides: `<=` and `<` flip on different ones, and a candidate too many costs nothing. */
function between(x: Sql, one: string, other: string, type: Sql): Sql {
  return sql`(${x} between least(${one}::${type}, ${other}::${type}) and greatest(${one}::${type}, ${other}::${type}))`;
}

/** Of two instants the order is known here, so that the planner sees two constants. */
function betweenInstants(x: Sql, one: number, other: number): Sql {
  const [low, high] = [Math.min(one, other), Math.max(one, other)].map(formatInstant);
  return sql`(${x} between ${low}::timestamptz and ${high}::timestamptz)`;
}

/**
 * An event becomes visible, or ceases to be, only where the contact's latest event is not before both moments. That
 * also holds every contact whose figures are not the stored ones at either moment.
 */
function eventsAppear({ tenantId, from, to }: TimeStep): Sql {
  return sql`select g.contact_id from contact_engagement g
    where g.tenant_id = ${tenantId}::uuid and g.latest_event_at >= ${formatInstant(Math.min(from, to))}::timestamptz`;
}

function overridesSql({ tenantId, segments, references, from, to }: TimeStep): Sql[] {
  const ids = [...new Set([...segments, ...references.keys()])];
  if (ids.length === 0) return [];
  return [sql`select o.contact_id from segment_override o
    where o.tenant_id = ${tenantId}::uuid and o.segment_id = any(${ids}::uuid[]) and ${betweenInstants(sql`o.until`, from, to)}`];
}
