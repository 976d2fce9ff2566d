const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * The epoch milliseconds of an instant written with date, time with seconds, and offset (RFC 3339 in capitals; years 1–9999 in UTC).
 * Digits beyond milliseconds are cut off. `null` where the text is none or names no real date.
 */
export function parseInstant(text: string): number | null {
  const found = INSTANT.exec(text);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = found;
  if (!isRealDay(Number(year), Number(month), Number(day))) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return null;
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  const local = utc(Number(year), Number(month), Number(day))
    + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  const at = local - offset;
  return at < utc(1, 1, 1) || at >= utc(10000, 1, 1) ? null : at;
}

/** The day as `YYYY-MM-DD` where it is a real one of the years 1–9999, else `null`. */
export function parseDay(text: string): string | null {
  const found = DAY.exec(text);
  return found !== null && isRealDay(Number(found[1]), Number(found[2]), Number(found[3])) ? text : null;
}

function isRealDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day <= days;
}

/** `Date.UTC` takes the years 0–99 for 1900–1999. */
function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}
