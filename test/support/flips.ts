import { addToInstant, type ContactSnapshot, evaluate } from '#rules';
import type { ReadyRule } from '../../src/rules-engine/index.js';

const looked = [[1, 'hours'], [1, 'days'], [7, 'days'], [1, 'months'], [3, 'months'], [1, 'years']] as const;

/** The first instants of another verdict: between now and each length of time at whose end it is another. */
export function flipsOf(isThen: (at: number) => boolean, now: number): number[] {
  const flips: number[] = [];
  let before = { at: now, is: isThen(now) };
  for (const [amount, unit] of looked) {
    const end = addToInstant(now, amount, unit);
    const is = isThen(end);
    if (is !== before.is) {
      let [same, other] = [before.at, end];
      while (other - same > 1) {
        const middle = Math.floor((same + other) / 2);
        if (isThen(middle) === before.is) same = middle;
        else other = middle;
      }
      flips.push(other);
    }
    before = { at: end, is };
  }
  return flips;
}

/** Whether the evaluator in memory has a contact in a segment, pins first. */
export function isMember(id: string, { rule, references }: ReadyRule, contact: ContactSnapshot, asOf: number): boolean {
  const override = contact.overrides.get(id);
  if (override !== undefined && (override.until === null || asOf < override.until)) return override.pin === 'in';
  return evaluate(rule, contact, { asOf, references });
}
