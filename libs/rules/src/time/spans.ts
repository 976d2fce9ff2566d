import { DAY_MS, formatDay, formatInstant, type Day } from './calendar.js';
import { startOfDay } from './zones.js';
import { sql, type Sql } from '../sql.js';

/**
 * What a time test asks for, resolved at one moment: the values between two ends, each open or closed. On a date
 * field the values are days, else epoch milliseconds. `null`: no end on that side.
 */
export interface Span { readonly from: End | null; readonly to: End | null }
export interface End { readonly at: number; readonly closed: boolean }

export const closed = (at: number): End => ({ at, closed: true });
export const open = (at: number): End => ({ at, closed: false });

/** The instants of the local days from `first` to `last`, both included. */
export function instantsOfDays(first: Day, last: Day, zone: string): Span {
  return { from: closed(startOfDay(first, zone)), to: open(startOfDay(last + 1, zone)) };
}

export function lies(value: number, { from, to }: Span): boolean {
  return (from === null || (from.closed ? value >= from.at : value > from.at))
    && (to === null || (to.closed ? value <= to.at : value < to.at));
}

/** `x` is a `date` where `days`, else a `timestamptz`; or, `asText`, its text, which sorts as it does. */
export function liesSql(x: Sql, { from, to }: Span, days: boolean, asText = false): Sql {
  const bound = (end: End): Sql => {
    if (asText) return sql`${storedText(end.at, days)}::text`;
    return days ? sql`${formatDay(end.at)}::date` : sql`${formatInstant(end.at)}::timestamptz`;
  };
  const tests: Sql[] = [];
  if (from !== null) tests.push(from.closed ? sql`${x} >= ${bound(from)}` : sql`${x} > ${bound(from)}`);
  if (to !== null) tests.push(to.closed ? sql`${x} <= ${bound(to)}` : sql`${x} < ${bound(to)}`);
  return sql`(${sql.join(tests, sql` and `)})`;
}

const FIRST = Date.parse('0001-01-01T00:00:00Z');
const END = Date.parse('9999-12-31T23:59:59.999Z') + 1;

/** What is stored is of the years 1–9999; a bound beyond them sorts before or after all of it. */
function storedText(at: number, days: boolean): string {
  const ms = days ? at * DAY_MS : at;
  if (ms < FIRST) return '';
  if (ms >= END) return '~';
  const text = new Date(ms).toISOString();
  return days ? text.slice(0, 10) : text;
}
