import { civil, daysInMonth, dayFrom, isLeapYear, type Day } from './calendar.js';
import type { Anniversary } from './points.js';
import { sql, type Sql } from '../sql.js';

/** Month × 100 + day: the days of the year from `first` to `last` of one year. */
export interface Returns { readonly year: number; readonly first: number; readonly last: number }

const LEAP_DAY = 229;

/** The days asked for, cut by years: a return of a year is a day of the year. */
export function returnsAsked(asked: Anniversary, today: Day): readonly Returns[] {
  const { first, last } = daysAsked(asked, today);
  const from = civil(first);
  const to = civil(last);
  const parts: Returns[] = [];
  for (let year = from.year; year <= to.year; year += 1) {
    parts.push({
      year,
      first: year === from.year ? from.month * 100 + from.day : 101,
      last: year === to.year ? to.month * 100 + to.day : 1231,
    });
  }
  return parts;
}

/** Whether a return of the day, in a year after its own, is among those asked for. */
export function returns(day: Day, asked: readonly Returns[]): boolean {
  const { year, month, day: date } = civil(day);
  const own = month * 100 + date;
  return asked.some((part) => {
    const back = own === LEAP_DAY && !isLeapYear(part.year) ? LEAP_DAY - 1 : own;
    return year < part.year && back >= part.first && back <= part.last;
  });
}

/**
 * The same for a `date` expression, with its month × 100 + day where that is stored, or for its text `YYYY-MM-DD`. It is written
 * as seldom as can be: of a custom field it is a look-up in JSON each time (a range with a case for leap days looked it up five
 * times, and took thrice as long).
 */
export function returnsSql(day: Sql, asked: readonly Returns[], left: { readonly asText?: boolean; readonly monthAndDay?: Sql } = {}): Sql {
  const { asText = false, monthAndDay: stored } = left;
  if (stored !== undefined) {
    return anyOf(asked.map((part) => sql`(${stored} = any(${daysOfYear(part)}::smallint[]) and ${day} < ${firstOf(part.year)}::date)`));
  }
  const own = asText ? sql`substr(${day}, 6, 5)` : sql`(date_part('month', ${day}) * 100 + date_part('day', ${day}))`;
  return anyOf(asked.map((part) => asText
    ? sql`(${own} = any(${daysOfYear(part).map(monthAndDay)}::text[]) and ${day} < ${firstOf(part.year)}::text)`
    : sql`(${own} = any(${daysOfYear(part)}::float8[]) and ${day} < ${firstOf(part.year)}::date)`));
}

function anyOf(parts: readonly Sql[]): Sql {
  return sql`(${sql.join(parts, sql` or `)})`;
}

/** The days asked for, month × 100 + day, of each year. */
export function daysOfYears(asked: readonly Returns[]): ReadonlyMap<number, readonly number[]> {
  return new Map(asked.map((part) => [part.year, daysOfYear(part)]));
}

function monthAndDay(day: number): string {
  return `${String(Math.floor(day / 100)).padStart(2, '0')}-${String(day % 100).padStart(2, '0')}`;
}

/** Month × 100 + day of every day whose return of that year lies between the first and the last. */
function daysOfYear({ year, first, last }: Returns): number[] {
  const days: number[] = [];
  for (let month = 1; month <= 12; month += 1) {
    for (let date = 1; date <= daysInMonth(2000, month); date += 1) {
      const own = month * 100 + date;
      const back = own === LEAP_DAY && !isLeapYear(year) ? LEAP_DAY - 1 : own;
      if (back >= first && back <= last) days.push(own);
    }
  }
  return days;
}

function firstOf(year: number): string {
  return `${String(year).padStart(4, '0')}-01-01`;
}

function daysAsked(asked: Anniversary, today: Day): { first: Day; last: Day } {
  if (asked === 'today') return { first: today, last: today };
  if (asked === 'this_month') {
    const { year, month } = civil(today);
    return { first: dayFrom(year, month, 1), last: dayFrom(year, month, daysInMonth(year, month)) };
  }
  if ('within_next' in asked) return { first: today, last: today + asked.within_next };
  return { first: today + asked.in_days, last: today + asked.in_days };
}
