import { parseInstant } from '#kernel';
import { addToInstant, type Unit } from '#rules';
import { backtestTooLong, endsBeforeItBegins, stepInvalid } from './insights.problems.js';

/** A step of time, as the amounts of the rule language are: months and years by the calendar in UTC, clamped. */
export interface Step {
  readonly amount: number;
  readonly unit: Unit;
}

const words: Readonly<Record<string, Unit>> = { hour: 'hours', day: 'days', week: 'weeks', month: 'months', year: 'years' };
const units: readonly string[] = Object.values(words);

/** More moments than this are no picture any more. */
const mostMoments = 400;

/** Reads `day`, or `{ amount: 7, unit: 'days' }`. */
export function readStep(sent: unknown): Step {
  if (typeof sent === 'string') {
    const unit = Object.hasOwn(words, sent) ? words[sent] : undefined;
    if (unit !== undefined) return { amount: 1, unit };
  }
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) {
    const { amount, unit, ...more } = sent as Record<string, unknown>;
    const sound = typeof amount === 'number' && Number.isInteger(amount) && amount >= 1 && amount <= 1000;
    if (sound && typeof unit === 'string' && units.includes(unit) && Object.keys(more).length === 0) return { amount, unit: unit as Unit };
  }
  throw stepInvalid(Object.keys(words), units);
}

/** `from`, and each step after it up to `to`: each from the first, so that months do not wander from the 31st to the 28th. */
export function momentsOf(from: string, to: string, step: Step): Date[] {
  const [first, last] = [parseInstant(from) ?? 0, parseInstant(to) ?? 0];
  if (last < first) throw endsBeforeItBegins();
  const moments: Date[] = [];
  for (let at = first, taken = 0; at <= last; taken += 1, at = addToInstant(first, step.amount * taken, step.unit)) {
    if (moments.length === mostMoments) throw backtestTooLong(mostMoments);
    moments.push(new Date(at));
  }
  return moments;
}
