import type { Unit } from '../definition.js';

/** A calendar day as the number of days since 1970-01-01 in the proleptic Gregorian calendar; any year. */
export type Day = number;

export interface CivilDay { readonly year: number; readonly month: number; readonly day: number }

export const DAY_MS = 86_400_000;

const FIXED_MS = { minutes: 60_000, hours: 3_600_000, days: DAY_MS, weeks: 7 * DAY_MS } as const;
const MONTHS = { months: 1, years: 12 } as const;

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `Date.UTC` takes the years 0–99 for 1900–1999, hence the detour. Month from 1. */
export function dayFrom(year: number, month: number, day: number): Day {
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;
}

export function civil(day: Day): CivilDay {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** Of `YYYY-MM-DD`, a day that exists. */
export function parseDay(text: string): Day {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return dayFrom(year, month, day);
}

/** `YYYY-MM-DD`; beyond the years 1–9999 the way PostgreSQL reads it: more digits, and ` BC` behind. */
export function formatDay(day: Day): string {
  const { year, month, day: date } = civil(day);
  const era = year > 0 ? '' : ' BC';
  return `${pad(year > 0 ? year : 1 - year, 4)}-${pad(month, 2)}-${pad(date, 2)}${era}`;
}

/** An instant in UTC as PostgreSQL reads it, any year. */
export function formatInstant(at: number): string {
  const day = Math.floor(at / DAY_MS);
  const [date, era] = formatDay(day).split(' ') as [string, string?];
  const time = new Date(at).toISOString().split('T')[1]!.replace('Z', '+00');
  return era === undefined ? `${date} ${time}` : `${date} ${time} ${era}`;
}

/** In one step, then clamped to the last day of the month. */
export function addMonths(day: Day, months: number): Day {
  const from = civil(day);
  const index = from.year * 12 + (from.month - 1) + months;
  const year = Math.floor(index / 12);
  const month = index - year * 12 + 1;
  return dayFrom(year, month, Math.min(from.day, daysInMonth(year, month)));
}

/** Calendar arithmetic on a day; minutes and hours do not move it. */
export function addToDay(day: Day, amount: number, unit: Unit): Day {
  switch (unit) {
    case 'minutes': case 'hours': return day;
    case 'days': return day + amount;
    case 'weeks': return day + 7 * amount;
    case 'months': case 'years': return addMonths(day, amount * MONTHS[unit]);
  }
}

/** Minutes to weeks are fixed durations; months and years are calendar arithmetic in UTC. */
export function addToInstant(at: number, amount: number, unit: Unit): number {
  if (unit === 'months' || unit === 'years') {
    const day = Math.floor(at / DAY_MS);
    return addMonths(day, amount * MONTHS[unit]) * DAY_MS + (at - day * DAY_MS);
  }
  return at + amount * FIXED_MS[unit];
}

/** 1 (Monday) to 7. */
export function weekday(day: Day): number {
  return (((day + 3) % 7) + 7) % 7 + 1;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
