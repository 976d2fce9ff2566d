import { parseDay, parseInstant } from '#kernel';
import { instantAt } from '#rules';
import type { Forms } from '../forms.js';

type Dates = NonNullable<Forms['dates']>;

const trueWords = ['true', 'yes', 'y', '1'];
const falseWords = ['false', 'no', 'n', '0'];
const numbers = {
  '.': /^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?(e[+-]?\d+)?$/i,
  ',': /^[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?(e[+-]?\d+)?$/i,
} as const;
const orders: Readonly<Record<Dates, RegExp>> = {
  iso: /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})/,
  ymd: /^(?<y>\d{4})[./-](?<m>\d{1,2})[./-](?<d>\d{1,2})/,
  dmy: /^(?<d>\d{1,2})[./-](?<m>\d{1,2})[./-](?<y>\d{4})/,
  mdy: /^(?<m>\d{1,2})[./-](?<d>\d{1,2})[./-](?<y>\d{4})/,
};
/** As ISO 8601 has it without hyphens; eight digits may be any number, so only where `ymd` was said. */
const compact = /^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})(?!\d)/;
const time = /^(?:[T ,]+(?<h>\d{1,2}):(?<min>\d{2})(?::(?<s>\d{2})(?:[.,](?<ms>\d{1,9}))?)?(?: ?(?<half>[ap])\.?m\.?)?)? ?(?<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;

/** The number, with signs between thousands or without; `null` where the text is none in this form. */
export function numberOf(text: string, decimal: '.' | ','): number | null {
  if (!/\d/.test(text) || !numbers[decimal].test(text)) return null;
  return Number(decimal === '.' ? text.replaceAll(',', '') : text.replaceAll('.', '').replace(',', '.'));
}

/** `null` where the text is no such word. */
export function booleanOf(text: string): boolean | null {
  const word = text.toLowerCase();
  return trueWords.includes(word) ? true : falseWords.includes(word) ? false : null;
}

/** The day as `YYYY-MM-DD`; `null` where the text is none in this order, or one with a time. */
export function dayOf(text: string, dates: Dates): string | null {
  const found = dateIn(text, dates);
  if (found === null || !/^([T ]0?0:00(:00(\.0+)?)?)?$/.test(text.slice(found[0].length))) return null;
  return dayIn(found);
}

/**
 * The instant in ISO 8601. A text that says no zone is of the zone that was said, at its first such moment where clocks
 * were put back; `null` where none was said, or where the text is no such moment.
 */
export function momentOf(text: string, dates: Dates, timezone: string | undefined): string | null {
  const exact = parseInstant(text);
  if (exact !== null) return new Date(exact).toISOString();
  const date = dateIn(text, dates);
  const day = date === null ? null : dayIn(date);
  const clock = date === null ? undefined : time.exec(text.slice(date[0].length))?.groups;
  if (day === null || clock === undefined) return null;
  const { h, min = '00', s = '00', ms = '', half, zone } = clock;
  const hour = hourOf(h, half);
  if (hour === null) return null;
  const local = `${day}T${hour}:${min}:${s}.${ms.padEnd(3, '0').slice(0, 3)}`;
  if (zone !== undefined) return instantIn(local, /^[zug]/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.length > 3 ? zone.slice(-2) : '00'}`);
  const wall = parseInstant(`${local}Z`);
  if (timezone === undefined || wall === null) return null;
  const at = instantAt(wall, timezone);
  return at === null ? null : new Date(at).toISOString();
}

function dateIn(text: string, dates: Dates): RegExpExecArray | null {
  return orders[dates].exec(text) ?? (dates === 'ymd' ? compact.exec(text) : null) ?? orders.iso.exec(text);
}

function dayIn({ groups: { y = '', m = '', d = '' } = {} }: RegExpExecArray): string | null {
  return parseDay(`${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`);
}

function hourOf(text: string | undefined, half: string | undefined): string | null {
  const hour = Number(text ?? 0);
  if (half !== undefined && (hour < 1 || hour > 12)) return null;
  return String(half === undefined ? hour : hour % 12 + (half.toLowerCase() === 'p' ? 12 : 0)).padStart(2, '0');
}

function instantIn(local: string, zone: string): string | null {
  const at = parseInstant(local + zone);
  return at === null ? null : new Date(at).toISOString();
}
