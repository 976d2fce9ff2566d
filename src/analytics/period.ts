import type { TenantTransaction } from '#database';
import { parseDay } from '#kernel';
import { periodAhead, periodEndsFirst, periodTooLong } from './analytics.problems.js';
import { type AnalyticsState, localDay } from './analytics-state.js';
import { addDays, daysBetween } from './days.js';
import type { DayRange } from './sql/local-days.sql.js';

/** A period as it was asked for: days or instants. */
export interface AskedPeriod {
  readonly from?: string;
  readonly to?: string;
}

const longestPeriod = 3_660;
const daysByDefault = 30;

/** The days of the period, up to today. */
export async function periodOf(tx: TenantTransaction, state: AnalyticsState, asked: AskedPeriod, byDefault = daysByDefault): Promise<DayRange> {
  const wanted = asked.to === undefined ? state.today : await dayIn(tx, asked.to, state.zone);
  const to = wanted > state.today ? state.today : wanted;
  const from = asked.from === undefined ? addDays(to, 1 - byDefault) : await dayIn(tx, asked.from, state.zone);
  if (from > state.today && from <= wanted) throw periodAhead(state.today);
  return rangeOf(from, to, state.zone);
}

/** The days from the first to the last, whichever day is today. */
export async function daysAskedFor(tx: TenantTransaction, zone: string, first: string, last: string): Promise<DayRange> {
  return rangeOf(await dayIn(tx, first, zone), await dayIn(tx, last, zone), zone);
}

function rangeOf(from: string, to: string, zone: string): DayRange {
  if (from > to) throw periodEndsFirst();
  if (daysBetween(from, to) >= longestPeriod) throw periodTooLong(longestPeriod);
  return { from, to, zone };
}

/** The day as it is, or the local day of an instant. */
async function dayIn(tx: TenantTransaction, text: string, zone: string): Promise<string> {
  return parseDay(text) ?? await localDay(tx, new Date(text), zone);
}
