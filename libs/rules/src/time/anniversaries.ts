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

/** The same for a `date` expression. */
export function returnsSql(day: Sql, asked: readonly Returns[]): Sql {
  const own = sql`(extract(month from ${day}) * 100 + extract(day from ${day}))`;
  const parts = asked.map((part) => {
    const back = isLeapYear(part.year) ? own : sql`(case ${own} when 229 then 228 else ${own} end)`;
    return sql`(extract(year from ${day}) < ${part.year}::int and ${back} between ${part.first}::int and ${part.last}::int)`;
  });
  return sql`(${sql.join(parts, sql` or `)})`;
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
