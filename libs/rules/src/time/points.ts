import type { Period, Unit } from '../definition.js';

/** A point in time as a date operator takes it: a calendar day, an instant, or relative to the moment of evaluation. */
export type Point =
  | { readonly kind: 'day'; readonly day: string }
  | { readonly kind: 'instant'; readonly at: number }
  | { readonly kind: 'today'; readonly plus: number; readonly unit: Unit }
  | { readonly kind: 'now' }
  | { readonly kind: 'ago' | 'fromNow'; readonly amount: number; readonly unit: Unit };

/** A length of time, never negative. */
export interface Amount {
  readonly amount: number;
  readonly unit: Unit;
}

/** What `anniversary` asks of the returns of a day. */
export type Anniversary = 'today' | 'this_month' | { readonly within_next: number } | { readonly in_days: number };

/** Every unit with the most of it that an amount may be: 1,000 years. */
export const unitLimits: Readonly<Record<Unit, number>> = {
  minutes: 525_960_000,
  hours: 8_766_000,
  days: 365_250,
  weeks: 52_178,
  months: 12_000,
  years: 1_000,
};

/** From the shortest to the longest. */
export const units = Object.keys(unitLimits) as readonly Unit[];

/** What a calendar day can be moved by. */
export const dayUnits = units.filter((unit) => unit !== 'minutes' && unit !== 'hours');

/** The named stretches of local days; weeks begin on Monday. */
export const periods: readonly Period[] = [
  'today', 'yesterday', 'tomorrow',
  'this_week', 'last_week', 'next_week', 'this_month', 'last_month', 'next_month',
  'this_quarter', 'last_quarter', 'next_quarter', 'this_year', 'last_year', 'next_year',
];
