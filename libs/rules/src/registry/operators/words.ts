import { civil, parseDay } from '../../time/calendar.js';
import type { Amount, Anniversary, Point } from '../../time/points.js';
import type { Period } from '../../definition.js';

/** How values of rules are put into sentences. */
export function quote(text: string): string {
  return `“${text}”`;
}

export function quoteAll(texts: readonly string[]): string {
  return texts.map(quote).join(', ');
}

export function sayAmount({ amount, unit }: Amount): string {
  return `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;
}

export function sayPoint(point: Point): string {
  switch (point.kind) {
    case 'day': return sayDay(point.day);
    case 'instant': return sayInstant(point.at);
    case 'now': return 'now';
    case 'today':
      if (point.plus === 0) return 'today';
      return `today ${point.plus < 0 ? 'minus' : 'plus'} ${sayAmount({ amount: Math.abs(point.plus), unit: point.unit })}`;
    case 'ago': return `${sayAmount(point)} ago`;
    case 'fromNow': return `${sayAmount(point)} from now`;
  }
}

export function sayInstant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

export function sayPeriod(period: Period): string {
  return period.replace('_', ' ');
}

export function sayAnniversary(asked: Anniversary): string {
  if (asked === 'today') return 'today';
  if (asked === 'this_month') return 'this month';
  if ('within_next' in asked) return `within the next ${sayAmount({ amount: asked.within_next, unit: 'days' })}`;
  return `in ${sayAmount({ amount: asked.in_days, unit: 'days' })}`;
}

const MONTH_NAMES = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

function sayDay(text: string): string {
  const { year, month, day } = civil(parseDay(text));
  return `${day} ${MONTH_NAMES[month - 1]} ${year}`;
}
