import { complement, defineTimeOperator, type Edge, type Moment, type OperatorRow, type ValueShape } from '../operator.js';
import { amount, anniversary, period, point, pointRange } from '../value-shapes.js';
import { sayAmount, sayAnniversary, sayPeriod, sayPoint } from './words.js';
import type { Period } from '../../definition.js';
import { sql } from '../../sql.js';
import { returns, daysOfYears, returnsAsked, returnsSql } from '../../time/anniversaries.js';
import { addToDay, addToInstant, formatDay, parseDay } from '../../time/calendar.js';
import type { Amount, Anniversary, Point } from '../../time/points.js';
import { daysOf } from '../../time/periods.js';
import { beyond, sides, today } from '../../time/resolve.js';
import { closed, instantsOfDays, lies, liesSql, open, type Span } from '../../time/spans.js';
import { localDay } from '../../time/zones.js';

type Examples<X> = readonly (readonly [x: X, json: unknown, expected: boolean])[];

/** A test of time, said once for both types: a date's span is of days, a datetime's of instants. */
interface TimeTest<V> {
  readonly name: string;
  readonly label: string;
  readonly value: ValueShape<V>;
  span(v: V, moment: Moment, days: boolean): Span;
  moves(v: V): boolean;
  readonly say: (v: V) => string;
  readonly dates: Examples<string>;
  readonly datetimes: Examples<number>;
}

/** A date is `YYYY-MM-DD` in memory, a datetime epoch milliseconds. The rows of both types. */
function timeOperator<V>(test: TimeTest<V>): [date: OperatorRow<V, string>, datetime: OperatorRow<V, number>] {
  const { name, label, value, say } = test;
  const edges = (days: boolean) => (v: V, moment: Moment): Edge[] => {
    const { from, to } = test.span(v, moment, days);
    return [from, to].filter((end) => end !== null)
      .map((end) => days ? { kind: 'day', day: formatDay(end.at) } : { kind: 'instant', at: end.at });
  };
  const shared = { name, label, value, say, timeDependent: (v: V) => test.moves(v) };
  return [
    defineTimeOperator<V, string>({
      ...shared, types: ['date'], examples: test.dates, edges: edges(true),
      sql: (x, v, moment) => liesSql(x, test.span(v, moment, true), true, moment.asText),
      holds: (x, v, moment) => lies(parseDay(x), test.span(v, moment, true)),
    }),
    defineTimeOperator<V, number>({
      ...shared, types: ['datetime'], examples: test.datetimes, edges: edges(false),
      sql: (x, v, moment) => liesSql(x, test.span(v, moment, false), false, moment.asText),
      holds: (x, v, moment) => lies(x, test.span(v, moment, false)),
    }),
  ];
}

/** Examples are read at 2026-03-15T12:00:00Z in UTC. */
const at = (text: string): number => Date.parse(text);
const relative = (given: Point): boolean => given.kind !== 'day' && given.kind !== 'instant';

/** `n` from the moment, on the scale of the type: today on a date, `asOf` on a datetime. */
function moved({ amount: n, unit }: Amount, sign: 1 | -1, moment: Moment, days: boolean): number {
  return days ? addToDay(today(moment), sign * n, unit) : addToInstant(moment.asOf, sign * n, unit);
}

const present = (moment: Moment, days: boolean): number => (days ? today(moment) : moment.asOf);

const before = timeOperator<Point>({
  name: 'before', label: 'is before', value: point, moves: relative,
  span: (v, moment, days) => ({ from: null, to: beyond(sides(v, moment, days).starts) }),
  say: (v) => `is before ${sayPoint(v)}`,
  dates: [['2026-03-01', '2026-03-02', true], ['2026-03-02', '2026-03-02', false]],
  datetimes: [
    [at('2026-03-01T23:59:59.999Z'), '2026-03-02', true], [at('2026-03-02T00:00:00Z'), '2026-03-02', false],
    [at('2026-03-15T11:59:59.999Z'), { relative: 'now' }, true], [at('2026-03-15T12:00:00Z'), { relative: 'now' }, false],
  ],
});

const after = timeOperator<Point>({
  name: 'after', label: 'is after', value: point, moves: relative,
  span: (v, moment, days) => ({ from: beyond(sides(v, moment, days).ends), to: null }),
  say: (v) => `is after ${sayPoint(v)}`,
  dates: [['2026-03-02', '2026-03-02', false], ['2026-03-03', '2026-03-02', true]],
  datetimes: [[at('2026-03-02T23:59:59.999Z'), '2026-03-02', false], [at('2026-03-03T00:00:00Z'), '2026-03-02', true]],
});

const onOrBefore = timeOperator<Point>({
  name: 'on_or_before', label: 'is on or before', value: point, moves: relative,
  span: (v, moment, days) => ({ from: null, to: sides(v, moment, days).ends }),
  say: (v) => `is on or before ${sayPoint(v)}`,
  dates: [['2026-03-02', '2026-03-02', true], ['2026-03-03', '2026-03-02', false]],
  datetimes: [[at('2026-03-02T23:59:59.999Z'), '2026-03-02', true], [at('2026-03-03T00:00:00Z'), '2026-03-02', false]],
});

const onOrAfter = timeOperator<Point>({
  name: 'on_or_after', label: 'is on or after', value: point, moves: relative,
  span: (v, moment, days) => ({ from: sides(v, moment, days).starts, to: null }),
  say: (v) => `is on or after ${sayPoint(v)}`,
  dates: [['2026-03-02', '2026-03-02', true], ['2026-03-01', '2026-03-02', false]],
  datetimes: [[at('2026-03-02T00:00:00Z'), '2026-03-02', true], [at('2026-03-01T23:59:59.999Z'), '2026-03-02', false]],
});

const on = timeOperator<Point>({
  name: 'on', label: 'is on', value: point, moves: relative,
  span: (v, moment, days) => {
    const { starts, ends } = sides(v, moment, days);
    return { from: starts, to: ends };
  },
  say: (v) => `is on ${sayPoint(v)}`,
  dates: [['2026-03-15', { relative: 'today' }, true], ['2026-03-16', { relative: 'today' }, false]],
  datetimes: [
    [at('2026-03-01T23:59:59.999Z'), '2026-03-01', true], [at('2026-03-02T00:00:00Z'), '2026-03-01', false],
    [at('2026-03-01T00:00:00Z'), '2026-03-01T00:00:00Z', true], [at('2026-03-01T00:00:00.001Z'), '2026-03-01T00:00:00Z', false],
  ],
});

const between = timeOperator<[Point, Point]>({
  name: 'between', label: 'is between', value: pointRange, moves: ([from, to]) => relative(from) || relative(to),
  span: ([from, to], moment, days) => ({ from: sides(from, moment, days).starts, to: sides(to, moment, days).ends }),
  say: ([from, to]) => `is between ${sayPoint(from)} and ${sayPoint(to)}`,
  dates: [
    ['2026-03-15', [{ relative: 'today' }, { fromNow: 7, unit: 'days' }], true],
    ['2026-03-22', [{ relative: 'today' }, { fromNow: 7, unit: 'days' }], true],
    ['2026-03-23', [{ relative: 'today' }, { fromNow: 7, unit: 'days' }], false],
  ],
  datetimes: [
    [at('2026-03-02T23:59:59.999Z'), ['2026-03-01', '2026-03-02'], true],
    [at('2026-03-15T12:00:00.001Z'), ['2026-03-15', { relative: 'now' }], false],
  ],
});

const withinLast = timeOperator<Amount>({
  name: 'within_last', label: 'is within the last', value: amount, moves: () => true,
  span: (v, moment, days) => ({ from: closed(moved(v, -1, moment, days)), to: closed(present(moment, days)) }),
  say: (v) => `is within the last ${sayAmount(v)}`,
  dates: [['2026-03-08', { amount: 7, unit: 'days' }, true], ['2026-03-07', { amount: 7, unit: 'days' }, false], ['2026-03-16', { amount: 7, unit: 'days' }, false]],
  datetimes: [
    [at('2026-03-08T12:00:00Z'), { amount: 7, unit: 'days' }, true], [at('2026-03-08T11:59:59.999Z'), { amount: 7, unit: 'days' }, false],
    [at('2026-03-15T12:00:00.001Z'), { amount: 7, unit: 'days' }, false],
  ],
});

const moreThanAgo = timeOperator<Amount>({
  name: 'more_than_ago', label: 'is more than … ago', value: amount, moves: () => true,
  span: (v, moment, days) => ({ from: null, to: open(moved(v, -1, moment, days)) }),
  say: (v) => `is more than ${sayAmount(v)} ago`,
  dates: [['2026-02-15', { amount: 1, unit: 'months' }, false], ['2026-02-14', { amount: 1, unit: 'months' }, true]],
  datetimes: [[at('2026-02-15T12:00:00Z'), { amount: 1, unit: 'months' }, false], [at('2026-02-15T11:59:59.999Z'), { amount: 1, unit: 'months' }, true]],
});

const withinNext = timeOperator<Amount>({
  name: 'within_next', label: 'is within the next', value: amount, moves: () => true,
  span: (v, moment, days) => ({ from: closed(present(moment, days)), to: closed(moved(v, 1, moment, days)) }),
  say: (v) => `is within the next ${sayAmount(v)}`,
  dates: [['2026-03-15', { amount: 7, unit: 'days' }, true], ['2026-03-22', { amount: 7, unit: 'days' }, true], ['2026-03-23', { amount: 7, unit: 'days' }, false]],
  datetimes: [[at('2026-03-15T12:00:00Z'), { amount: 1, unit: 'hours' }, true], [at('2026-03-15T13:00:00.001Z'), { amount: 1, unit: 'hours' }, false]],
});

const moreThanFromNow = timeOperator<Amount>({
  name: 'more_than_from_now', label: 'is more than … from now', value: amount, moves: () => true,
  span: (v, moment, days) => ({ from: open(moved(v, 1, moment, days)), to: null }),
  say: (v) => `is more than ${sayAmount(v)} from now`,
  dates: [['2026-03-22', { amount: 1, unit: 'weeks' }, false], ['2026-03-23', { amount: 1, unit: 'weeks' }, true]],
  datetimes: [[at('2026-03-22T12:00:00Z'), { amount: 1, unit: 'weeks' }, false], [at('2026-03-22T12:00:00.001Z'), { amount: 1, unit: 'weeks' }, true]],
});

const during = timeOperator<Period>({
  name: 'during', label: 'is during', value: period, moves: () => true,
  span: (v, moment, days) => {
    const { first, last } = daysOf(v, today(moment));
    return days ? { from: closed(first), to: closed(last) } : instantsOfDays(first, last, moment.timezone);
  },
  say: (v) => `is ${v.includes('_') ? 'during ' : ''}${sayPeriod(v)}`,
  // 15 March 2026 is a Sunday: its week began on Monday the 9th.
  dates: [['2026-03-09', 'this_week', true], ['2026-03-08', 'this_week', false], ['2026-03-16', 'next_week', true], ['2025-12-31', 'last_quarter', true]],
  datetimes: [[at('2026-03-31T23:59:59.999Z'), 'this_quarter', true], [at('2026-04-01T00:00:00Z'), 'this_quarter', false]],
});

const anniversaryLabel = { name: 'anniversary', label: 'has its anniversary', value: anniversary } as const;
const anniversaryRow = {
  ...anniversaryLabel,
  say: (v: Anniversary) => `has its anniversary ${sayAnniversary(v)}`,
  timeDependent: () => true,
  edges: (v: Anniversary, moment: Moment): Edge[] => [{ kind: 'returns', years: daysOfYears(returnsAsked(v, today(moment))) }],
};
const asked = (v: Anniversary, moment: Moment) => returnsAsked(v, today(moment));

const anniversaryOfDate = defineTimeOperator<Anniversary, string>({
  ...anniversaryRow, types: ['date'],
  sql: (x, v, moment) => returnsSql(x, asked(v, moment), moment),
  holds: (x, v, moment) => returns(parseDay(x), asked(v, moment)),
  examples: [
    ['2020-03-15', 'today', true], ['2026-03-15', 'today', false], ['2020-03-31', 'this_month', true],
    ['2026-03-01', 'this_month', false], ['2020-03-22', { within_next: 7 }, true], ['2020-03-23', { within_next: 7 }, false],
    ['2020-01-01', { within_next: 366 }, true], ['2020-03-16', { in_days: 1 }, true], ['2026-03-16', { in_days: 366 }, true],
  ],
});

const anniversaryOfInstant = defineTimeOperator<Anniversary, number>({
  ...anniversaryRow, types: ['datetime'],
  sql: (x, v, moment) => returnsSql(sql`(${moment.asText === true ? sql`${x}::timestamptz` : x} at time zone ${moment.timezone}::text)::date`, asked(v, moment)),
  holds: (x, v, moment) => returns(localDay(x, moment.timezone), asked(v, moment)),
  examples: [[at('2020-03-15T23:59:59Z'), 'today', true], [at('2020-03-16T00:00:00Z'), 'today', false]],
});

const notBetween = between.map((row) => complement(
  'not_between', row as OperatorRow<[Point, Point]>, 'is not between',
  ([from, to]) => `is not between ${sayPoint(from)} and ${sayPoint(to)}`,
));

/** Every row of `date` and of `datetime`. */
export const timeOperators: readonly OperatorRow[] = [
  before, after, onOrBefore, onOrAfter, on, between, notBetween, withinLast, moreThanAgo, withinNext, moreThanFromNow,
  during, [anniversaryOfDate, anniversaryOfInstant],
].flat();
