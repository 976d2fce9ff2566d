import type { Unit } from '../definition.js';
import { holdsOf } from '../readings/memory/tests.js';
import { operatorOf } from '../registry/operators/index.js';
import type { ValueType } from '../rule.js';
import type { Amount, Point } from '../time/points.js';
import { type Claim, keyOf, measuredOf, negated } from './claim.js';
import { bounds, intersectionOf, isEmpty, type NumberSet, setOf } from './number-set.js';

type Tested = Extract<Claim['what'], { kind: 'test' }>;

/** Whether no contact at any moment can satisfy all of these claims about one subject. */
export function clashes(claims: readonly Claim[]): boolean {
  const keys = new Set(claims.map(keyOf));
  if (claims.some((claim) => keys.has(keyOf(negated(claim))))) return true;
  const numbers = claims.flatMap(({ what }) => (what.kind === 'numbers' ? [what.set] : []));
  const [first, ...rest] = numbers;
  if (first !== undefined) return isEmpty(rest.reduce(intersectionOf, first));
  const tests = claims.flatMap(({ what }) => (what.kind === 'test' ? [what] : []));
  const unset = tests.some(({ operator, negative }) => operator === 'is_set' && negative);
  if (unset && tests.some(({ negative, domain }) => !negative || !domain.unset)) return true;
  const [claim] = claims;
  if (claim?.condition.kind !== 'field') return false;
  switch (claim.condition.test.type) {
    case 'string': return textsClash(tests);
    case 'boolean': return booleansClash(tests);
    case 'array': return elementsClash(tests);
    case 'date': case 'datetime': return timesClash(tests, claim.condition.test.type === 'date');
    case 'number': return false;
  }
}

const of = <T>(tests: readonly Tested[], operator: string, negative = false): T[] =>
  tests.filter((test) => test.operator === operator && test.negative === negative).map(({ value }) => value as T);

function textsClash(tests: readonly Tested[]): boolean {
  const prefixes = of<string>(tests, 'starts_with');
  const suffixes = of<string>(tests, 'ends_with');
  const apart = (one: string, other: string): boolean => !one.startsWith(other) && !other.startsWith(one);
  const apartAtEnd = (one: string, other: string): boolean => !one.endsWith(other) && !other.endsWith(one);
  if (prefixes.some((one) => prefixes.some((other) => apart(one, other)))) return true;
  if (suffixes.some((one) => suffixes.some((other) => apartAtEnd(one, other)))) return true;
  // The values are folded. Lists are long, so that each value is looked up; what is left is tried.
  const [first, ...rest] = [...of<string>(tests, 'equals').map((value) => [value]), ...of<string[]>(tests, 'in')].map((list) => new Set(list));
  if (first === undefined) return containedIsForbidden(tests);
  const excluded = new Set([...of<string>(tests, 'equals', true), ...of<string[]>(tests, 'in', true).flat()]);
  const others = tests.filter(({ operator }) => operator !== 'equals' && operator !== 'in');
  return ![...first].some((value) => rest.every((list) => list.has(value)) && !excluded.has(value) && others.every((test) => passes('string', test, value)));
}

/** What must be contained, be it as a beginning or an end, contains what must not be. */
function containedIsForbidden(tests: readonly Tested[]): boolean {
  const parts = [...of<string>(tests, 'contains'), ...of<string>(tests, 'starts_with'), ...of<string>(tests, 'ends_with')];
  const starts = of<string>(tests, 'starts_with');
  const ends = of<string>(tests, 'ends_with');
  return of<string>(tests, 'contains', true).some((forbidden) => parts.some((part) => part.includes(forbidden)))
    || of<string>(tests, 'starts_with', true).some((forbidden) => starts.some((part) => part.startsWith(forbidden)))
    || of<string>(tests, 'ends_with', true).some((forbidden) => ends.some((part) => part.endsWith(forbidden)));
}

/** Whether a value, null where it is unset, passes the test. No operator of these types asks for the moment. */
function passes(type: ValueType, { operator, value, negative }: Tested, actual: unknown): boolean {
  return holdsOf(operatorOf(type, operator)!, actual, value, { asOf: 0, timezone: 'UTC' }) !== negative;
}

function booleansClash(tests: readonly Tested[]): boolean {
  const possible = tests.every(({ domain }) => domain.unset) ? [true, false, null] : [true, false];
  return !possible.some((actual) => tests.every((test) => passes('boolean', test, actual)));
}

function elementsClash(tests: readonly Tested[]): boolean {
  const there = new Set([...of<string>(tests, 'contains'), ...of<string[]>(tests, 'contains_all').flat()]);
  const absent = new Set([...of<string>(tests, 'contains', true), ...of<string[]>(tests, 'contains_any', true).flat()]);
  return [...there].some((element) => absent.has(element))
    || of<string[]>(tests, 'contains_any').some((list) => list.every((element) => absent.has(element)))
    || of<string[]>(tests, 'contains_all', true).some((list) => list.every((element) => there.has(element)));
}

const dayMs = 86_400_000;
/** The shortest and the longest that a unit can be, in milliseconds: what is empty between these is empty on every day. */
const lengths: Readonly<Record<Unit, readonly [shortest: number, longest: number]>> = {
  minutes: [60_000, 60_000], hours: [3_600_000, 3_600_000], days: [dayMs, dayMs], weeks: [7 * dayMs, 7 * dayMs],
  months: [28 * dayMs, 31 * dayMs], years: [365 * dayMs, 366 * dayMs],
};
/** No zone is further from UTC than this, and no local day is longer than a day and this. */
const zoneMs = 26 * 3_600_000;

/** Positive tests of time as ages before the moment of evaluation, and as instants: each as wide as it can be at any moment. */
function timesClash(tests: readonly Tested[], days: boolean): boolean {
  const positive = tests.filter(({ negative }) => !negative);
  return [ageOf, (test: Tested) => instantOf(test, days)].some((read) => {
    const [first, ...rest] = positive.flatMap((test) => read(test) ?? []);
    return first !== undefined && isEmpty(rest.reduce(intersectionOf, first));
  });
}

function ageOf({ operator, value }: Tested): NumberSet | null {
  const { amount, unit } = (value ?? {}) as Partial<Amount>;
  if (amount === undefined || unit === undefined) return null;
  const [shortest, longest] = lengths[unit].map((length) => length * amount) as [number, number];
  switch (operator) {
    case 'within_last': return setOf('between', [0, longest])!;
    case 'more_than_ago': return setOf('greater_than', shortest)!;
    case 'within_next': return setOf('between', [-longest, 0])!;
    case 'more_than_from_now': return setOf('less_than', -shortest)!;
    default: return null;
  }
}

function instantOf({ operator, value }: Tested, days: boolean): NumberSet | null {
  const point = (of: unknown): readonly [from: number, to: number] | null => {
    const { kind } = of as Point;
    if (kind === 'instant' && !days) return [(of as { at: number }).at, (of as { at: number }).at];
    if (kind !== 'day') return null;
    const at = Date.parse(`${(of as { day: string }).day}T00:00:00Z`);
    return days ? [at, at] : [at - zoneMs, at + zoneMs + dayMs];
  };
  if (operator === 'between') {
    const [from, to] = (value as readonly unknown[]).map(point);
    return from == null || to == null ? null : setOf('between', [from[0], to[1]])!;
  }
  const named = ['before', 'after', 'on', 'on_or_before', 'on_or_after'].includes(operator) ? point(value) : null;
  if (named === null) return null;
  switch (operator) {
    case 'before': return setOf('less_than', named[1])!;
    case 'on_or_before': return setOf('less_or_equal', named[1])!;
    case 'after': return setOf('greater_than', named[0])!;
    case 'on_or_after': return setOf('greater_or_equal', named[0])!;
    default: return setOf('between', [named[0], named[1]])!;
  }
}

/**
 * Two counts of the same events, one in a window that lies within the other's: more in the smaller than in the larger is
 * impossible. A window without an end on the left holds every other.
 */
export function windowsClash(smaller: Claim, larger: Claim): boolean {
  const [one, other] = [smaller.condition, larger.condition];
  if (one.kind !== 'event' || other.kind !== 'event' || smaller.what.kind !== 'numbers' || larger.what.kind !== 'numbers') return false;
  if (one.measure.fn !== 'count' || one.pick !== 'all' || measuredOf(one) !== measuredOf(other)) return false;
  const holds = other.window === null || (one.window?.kind === 'last' && other.window.kind === 'last'
    && lengths[one.window.unit][1] * one.window.amount <= lengths[other.window.unit][0] * other.window.amount);
  return holds && bounds(smaller.what.set).least > bounds(larger.what.set).most;
}
