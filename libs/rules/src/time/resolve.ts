import { addToDay, addToInstant, parseDay, type Day } from './calendar.js';
import type { Point } from './points.js';
import { closed, open, type End } from './spans.js';
import { localDay, startOfDay } from './zones.js';
import type { Moment } from '../registry/operator.js';

/** The day of `asOf` in the definition's zone. */
export function today({ asOf, timezone }: Moment): Day {
  return localDay(asOf, timezone);
}

/** Where a point lies: on a whole local day, or at an instant. */
export type Place = { readonly day: Day } | { readonly at: number };

/** On a datetime field: named days and `today` are local days, all else are instants. */
export function place(point: Point, moment: Moment): Place {
  switch (point.kind) {
    case 'day': return { day: parseDay(point.day) };
    case 'today': return { day: addToDay(today(moment), point.plus, point.unit) };
    case 'instant': return { at: point.at };
    case 'now': return { at: moment.asOf };
    case 'ago': return { at: addToInstant(moment.asOf, -point.amount, point.unit) };
    case 'fromNow': return { at: addToInstant(moment.asOf, point.amount, point.unit) };
  }
}

/** On a date field everything is a calendar day: an instant is its local day, an amount moves today. */
export function dayOf(point: Point, moment: Moment): Day {
  switch (point.kind) {
    case 'day': return parseDay(point.day);
    case 'today': return addToDay(today(moment), point.plus, point.unit);
    case 'instant': return localDay(point.at, moment.timezone);
    case 'now': return today(moment);
    case 'ago': return addToDay(today(moment), -point.amount, point.unit);
    case 'fromNow': return addToDay(today(moment), point.amount, point.unit);
  }
}

/** The two sides of a point: `starts` is where what is not before it begins, `ends` where what is not after it ends. */
export interface Sides { readonly starts: End; readonly ends: End }

export function sides(point: Point, moment: Moment, days: boolean): Sides {
  if (days) {
    const day = dayOf(point, moment);
    return { starts: closed(day), ends: closed(day) };
  }
  const where = place(point, moment);
  if ('at' in where) return { starts: closed(where.at), ends: closed(where.at) };
  return {
    starts: closed(startOfDay(where.day, moment.timezone)),
    ends: open(startOfDay(where.day + 1, moment.timezone)),
  };
}

/** The end from the other side: what lies just outside. */
export function beyond(end: End): End {
  return { at: end.at, closed: !end.closed };
}
