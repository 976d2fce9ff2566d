const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The day that a text names (`YYYY-MM-DD`, years 1 to 9999), or null where there is no such day. */
export function readDay(text: string): string | null {
  const parts = DAY.exec(text);
  if (parts === null || parts[1] === '0000') return null;
  // A day that does not exist rolls over into the next month, or is refused altogether.
  const date = new Date(`${text}T00:00:00.000Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text ? null : text;
}

/**
 * The instant that a text names (date, time with seconds, `Z` or `±hh:mm`) in epoch milliseconds, or null where it names
 * none. Digits beyond the milliseconds are cut off.
 */
export function readInstant(text: string): number | null {
  const parts = INSTANT.exec(text);
  if (parts === null) return null;
  const [, day = '', hour = '', minute = '', second = '', fraction = '', sign, offsetHour = '00', offsetMinute = '00'] = parts;
  if (readDay(day) === null || hour > '23' || minute > '59' || second > '59') return null;
  if (offsetHour > '23' || offsetMinute > '59') return null;
  const local = Date.parse(`${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return sign === '-' ? local + offset : local - offset;
}
