import { DAY_MS, dayFrom, weekday, type Day } from './calendar.js';

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
/** No zone was ever further from UTC than this, local mean times before 1900 included. */
const FARTHEST_MS = 18 * HOUR_MS;
const CACHED_STARTS = 20_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const starts = new Map<string, number>();

export interface LocalTime { readonly day: Day; readonly hour: number; readonly weekday: number }

/** The wall clock of a zone at an instant. */
export function localTime(at: number, zone: string): LocalTime {
  const local = at + offset(at, zone);
  const day = Math.floor(local / DAY_MS);
  return { day, hour: Math.floor((local - day * DAY_MS) / HOUR_MS), weekday: weekday(day) };
}

export function localDay(at: number, zone: string): Day {
  return Math.floor((at + offset(at, zone)) / DAY_MS);
}

/**
 * The first instant of a local day. 00:00 may not exist (a clock put forward at midnight); of a day that the zone
 * skipped it is the first instant of the next one, so that the day is empty.
 */
export function startOfDay(day: Day, zone: string): number {
  if (zone === 'UTC') return day * DAY_MS;
  const key = `${day} ${zone}`;
  const known = starts.get(key);
  if (known !== undefined) return known;
  if (starts.size >= CACHED_STARTS) starts.clear();
  const start = findStart(day, zone);
  starts.set(key, start);
  return start;
}

/**
 * The first instant at which the wall clock of a zone shows this time, which is given as if it were one of UTC; `null` where
 * the clock was put forward over it.
 */
export function instantAt(wall: number, zone: string): number | null {
  const found = [wall - DAY_MS, wall + DAY_MS].map((near) => wall - offset(near, zone)).filter((at) => at + offset(at, zone) === wall);
  return found.length === 0 ? null : Math.min(...found);
}

function findStart(day: Day, zone: string): number {
  const midnight = day * DAY_MS;
  const guess = midnight - offset(midnight - offset(midnight, zone), zone);
  const before = offset(guess - 4 * HOUR_MS, zone);
  if (before === midnight - guess && before === offset(guess + 4 * HOUR_MS, zone)) return guess;
  // A clock is changed near that midnight: look for the first quarter of an hour in the day, then for its first instant.
  let inside = midnight - FARTHEST_MS;
  while (localDay(inside, zone) < day) inside += QUARTER_MS;
  let outside = inside - QUARTER_MS;
  while (inside - outside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (localDay(middle, zone) < day) outside = middle;
    else inside = middle;
  }
  return inside;
}

/** Whether the engine knows a zone of this name, in whatever spelling. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch (error) {
    // So the engine says that it does not.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the wall clock is ahead of UTC, in milliseconds. */
function offset(at: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const part: Record<string, string> = {};
  for (const { type, value } of format(zone).formatToParts(at)) part[type] = value;
  const year = part.era === 'BC' ? 1 - Number(part.year) : Number(part.year);
  const day = dayFrom(year, Number(part.month), Number(part.day));
  const seconds = Number(part.hour) * 3600 + Number(part.minute) * 60 + Number(part.second);
  return day * DAY_MS + seconds * 1000 - Math.floor(at / 1000) * 1000;
}

function format(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', era: 'short',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formats.set(zone, known);
  }
  return known;
}
