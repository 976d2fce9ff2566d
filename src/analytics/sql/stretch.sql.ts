import { sql, type Sql } from '#database';
import { beginOf, type DayRange, dayOf, endOf } from './local-days.sql.js';

/** A stretch of time that is counted, each of its parts of days by itself. */
export interface Stretch {
  readonly zone: string;
  /** Its first and its last local day. */
  readonly from: string;
  readonly to: string;
  /** Its first moment. */
  readonly begin: Sql;
  /** The moment after its last. */
  readonly end: Sql;
  /** A SELECT of its parts in order: `day`, and `part` as in `segment_day`. */
  readonly parts: Sql;
  /** The part that a moment of the stretch lies in, beside its day. */
  readonly partOf: (moment: Sql) => Sql;
  /** Whether its parts end with their days, at which a segment has its size. */
  readonly endsDays: boolean;
  /** How many half hours of its first day lie before it, and are rolled up. */
  readonly halfHoursBefore: number;
}

/** A half hour of a day is named by its number since the day began, as two digits. */
export const halfHourParts = sql`part not in ('living', 'erased')`;
export const halfHourMs = 30 * 60_000;

/** Whole local days. */
export function wholeDays({ from, to, zone }: DayRange): Stretch {
  return {
    zone, from, to, begin: beginOf(from, zone), end: endOf(to, zone), partOf: () => living, endsDays: true, halfHoursBefore: 0,
    parts: sql`select d.day::date as day, ${living} as part from generate_series(${from}::date, ${to}::date, interval '1 day') d (day)`,
  };
}

/** What is left of a local day after its first half hours. */
export function restOfDay(day: string, zone: string, halfHours: number): Stretch {
  return { ...wholeDays({ from: day, to: day, zone }), begin: beginOfHalfHour(day, zone, halfHours), halfHoursBefore: halfHours };
}

/** The half hours of a local day from one number up to before another. */
export function halfHoursOf(day: string, zone: string, from: number, to: number): Stretch {
  return {
    zone, from: day, to: day, begin: beginOfHalfHour(day, zone, from), end: beginOfHalfHour(day, zone, to), endsDays: false, halfHoursBefore: from,
    partOf: (moment) => halfHourOf(moment, zone),
    parts: sql`select ${day}::date as day, lpad(n::text, 2, '0') as part from generate_series(${from}::int, ${to}::int - 1) n`,
  };
}

/** The half hour of its local day that a moment lies in. */
export function halfHourOf(moment: Sql, zone: string): Sql {
  return sql`lpad(floor(extract(epoch from ${moment} - (${dayOf(moment, zone)}::timestamp at time zone ${zone}::text)) / ${halfHourMs / 1000}::int)::text, 2, '0')`;
}

/** The part of a day that a half hour of it is. */
export function nameOf(halfHour: number): string {
  return String(halfHour).padStart(2, '0');
}

const living = sql`'living'::text`;

function beginOfHalfHour(day: string, zone: string, number: number): Sql {
  return sql`(${beginOf(day, zone)} + ${number}::int * ${halfHourMs / 1000}::int * interval '1 second')`;
}
