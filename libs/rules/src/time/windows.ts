import { addToInstant } from './calendar.js';
import { daysOf } from './periods.js';
import { today } from './resolve.js';
import { closed, instantsOfDays, open, type End, type Span } from './spans.js';
import type { Moment } from '../registry/operator.js';
import type { Window, WindowEnd } from '../rule.js';

/** The instants of an event window. That no event counts after `asOf` is not said here: it holds without a window too. */
export function spanOfWindow(window: Window | null, moment: Moment): Span {
  const ago = (amount: number, unit: Parameters<typeof addToInstant>[2]): number =>
    addToInstant(moment.asOf, -amount, unit);
  const end = (given: WindowEnd | null): End | null =>
    given === null ? null : closed('at' in given ? given.at : ago(given.ago, given.unit));
  if (window === null) return { from: null, to: null };
  switch (window.kind) {
    case 'last': return { from: closed(ago(window.amount, window.unit)), to: closed(moment.asOf) };
    case 'olderThan': return { from: null, to: open(ago(window.amount, window.unit)) };
    case 'range': return { from: end(window.from), to: end(window.to) };
    case 'during': {
      const { first, last } = daysOf(window.period, today(moment));
      return instantsOfDays(first, last, moment.timezone);
    }
  }
}

/** The instants at which an event counts: those of the window up to `asOf`. */
export function countedSpan(window: Window | null, moment: Moment): Span {
  const { from, to } = spanOfWindow(window, moment);
  const now = closed(moment.asOf);
  return { from, to: to === null || to.at > now.at ? now : to };
}
