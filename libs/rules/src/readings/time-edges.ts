import type { Edge, Moment } from '../registry/operator.js';
import { fieldRow } from '../registry/fields.js';
import { operatorOf } from '../registry/operators/index.js';
import type { EventCondition, FieldCondition, FieldRef, Rule } from '../rule.js';
import { sql, type Sql } from '../sql.js';
import { spanOfWindow } from '../time/windows.js';
import { conditionsOf, rulesReached } from './conditions.js';
import { Crossed } from './crossed.js';
import { figureColumn } from './sql/fields.js';
import type { References } from './memory/snapshot.js';

/** A rule that is to be evaluated anew, with every segment that it reaches and its own, whose overrides apply (null: nobody's). */
export interface TimedRule {
  readonly rule: Rule;
  readonly references: References;
  readonly segment: string | null;
}

export interface TimeStep {
  readonly tenantId: string;
  readonly rules: readonly TimedRule[];
  /** The moment of the last evaluation and that of the next, which may lie before it. */
  readonly from: number;
  readonly to: number;
}

export interface TimeMoved {
  /** A SELECT of `source` (a number) and `contact_id`, null where time moves nobody. A contact may come several times. */
  readonly sql: Sql | null;
  /** For each rule, in their order, the sources that may move it. */
  readonly sourcesOf: readonly (readonly number[])[];
}

/**
 * The contacts whose verdict under any of the rules may differ between two moments with no new data: those with a value,
 * an event or the end of an override on or between the two places of an edge. Each is found in an index range, a source;
 * equal ranges of several rules are looked up once. A contact that no source of a rule yields has the verdict it had.
 */
export function timeMoved({ tenantId, rules, from, to }: TimeStep, firstSource = 0): TimeMoved {
  const crossed = new Crossed(tenantId, [from, to], firstSource);
  const sourcesOf = rules.map(({ rule, references, segment }) => {
    const sources = new Set<number>();
    for (const reached of rulesReached([rule], references)) {
      const { timezone } = reached;
      const moments = [{ asOf: from, timezone }, { asOf: to, timezone }] as const;
      for (const condition of conditionsOf(reached)) {
        if (condition.kind === 'event') crossEvents(condition, moments, crossed, sources);
        if (condition.kind === 'field') crossField(condition, moments, crossed, sources);
      }
    }
    for (const pinned of pinnedIn({ segment, references })) sources.add(crossed.overrides(pinned));
    return [...sources];
  });
  return { sql: crossed.sql, sourcesOf };
}

/** The same contacts whatever moves them: a SELECT of one column `contact_id`, in which a contact may come several times. */
export function timeMovedSql(step: TimeStep): Sql {
  const { sql: moved } = timeMoved(step);
  return moved === null ? sql`select null::uuid as contact_id where false` : sql`select contact_id from (${moved}) moved`;
}

/** The segments whose overrides decide on a rule's members. */
export function pinnedIn({ segment, references }: Pick<TimedRule, 'segment' | 'references'>): string[] {
  return segment === null ? [...references.keys()] : [segment, ...references.keys()];
}

type Moments = readonly [before: Moment, after: Moment];

/** The two bounds of a window, each where it was and where it is. */
function crossEvents({ types, window }: EventCondition, [before, after]: Moments, crossed: Crossed, sources: Set<number>): void {
  sources.add(crossed.appear());
  const [then, now] = [spanOfWindow(window, before), spanOfWindow(window, after)];
  for (const side of ['from', 'to'] as const) {
    const [one, other] = [then[side]?.at, now[side]?.at];
    if (one !== undefined && other !== undefined && one !== other) sources.add(crossed.events(types, one, other));
  }
}

function crossField({ field, test }: FieldCondition, [before, after]: Moments, crossed: Crossed, sources: Set<number>): void {
  if (field.source === 'engagement') sources.add(crossed.appear());
  const row = operatorOf(test.type, test.operator)!;
  if (row.timeDependent === undefined || !row.timeDependent(test.value)) return;
  const edgesAfter = row.edges(test.value, after);
  for (const [index, edge] of row.edges(test.value, before).entries()) for (const source of crossEdge(field, edge, edgesAfter[index]!, after.timezone, crossed)) sources.add(source);
}

/** The sources of whoever stands where the edge was, is, or between. */
function crossEdge(field: FieldRef, then: Edge, now: Edge, timezone: string, crossed: Crossed): number[] {
  if (then.kind === 'instant' && now.kind === 'instant') {
    return then.at === now.at ? [] : [crossInstants(field, then.at, now.at, crossed)];
  }
  if (then.kind === 'day' && now.kind === 'day') {
    return then.day === now.day || field.source !== 'custom' ? [] : [crossed.days(field.id, then.day, now.day)];
  }
  if (then.kind === 'returns' && now.kind === 'returns') {
    const days = daysAskedOtherwise(then.years, now.years);
    return days.length === 0 ? [] : [crossReturns(field, days, timezone, crossed)];
  }
  throw new Error('An edge is of one kind at every moment.');
}

function crossInstants(field: FieldRef, one: number, other: number, crossed: Crossed): number {
  if (field.source === 'custom') return crossed.instants(field.id, one, other);
  if (field.source === 'contact') return crossed.own(field, one, other);
  return crossed.latest(figureColumn(field), fieldRow(field.name)!.latestOf!, one, other);
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
function crossReturns(field: FieldRef, days: readonly number[], timezone: string, crossed: Crossed): number {
  if (field.source === 'custom') return crossed.daysOfYear(field.id, field.customType === 'date' ? days : withNeighbours(days));
  return crossed.ownDaysOfYear(field, days, timezone);
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
