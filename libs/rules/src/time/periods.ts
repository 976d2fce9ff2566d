import { addMonths, civil, dayFrom, weekday, type Day } from './calendar.js';
import type { Period } from '../definition.js';

/** The days of a period around today, both included. Weeks begin on Monday. */
export function daysOf(period: Period, today: Day): { first: Day; last: Day } {
  switch (period) {
    case 'today': return { first: today, last: today };
    case 'yesterday': return { first: today - 1, last: today - 1 };
    case 'tomorrow': return { first: today + 1, last: today + 1 };
  }
  const [which, unit] = period.split('_') as ['this' | 'last' | 'next', 'week' | 'month' | 'quarter' | 'year'];
  const shift = { last: -1, this: 0, next: 1 }[which];
  if (unit === 'week') {
    const monday = today - (weekday(today) - 1) + 7 * shift;
    return { first: monday, last: monday + 6 };
  }
  const { year, month } = civil(today);
  const months = { month: 1, quarter: 3, year: 12 }[unit];
  const first = addMonths(dayFrom(year, month - ((month - 1) % months), 1), shift * months);
  return { first, last: addMonths(first, months) - 1 };
}
