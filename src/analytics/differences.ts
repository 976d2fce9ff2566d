import { type Interval, newcombeDifference, type Proportion } from '#statistics';
import { type Measures, rates, type RateName, ratesOf } from './measures.js';

/** One rate of a segment and of what it is held against. */
export interface RateDifference {
  readonly rate: RateName;
  readonly segment: number | null;
  readonly reference: number | null;
  readonly difference: number | null;
  readonly interval: Interval | null;
}

/**
 * Each rate against that of all contacts, of whom the segment is a part. The interval is that of the segment against the others,
 * which are apart from it, drawn in by their share of the denominator: since everyone = w · segment + (1 − w) · others, the
 * difference to everyone is (1 − w) times the difference to the others.
 */
export function againstEveryone(segment: Measures, everyone: Measures): RateDifference[] {
  return differences(segment, everyone, (own, all) => {
    const others = { successes: all.successes - own.successes, trials: all.trials - own.trials };
    if (others.trials === 0) return { low: 0, high: 0 };
    const found = isProportion(others) ? newcombeDifference(own, others) : null;
    const share = others.trials / all.trials;
    return found === null ? null : { low: share * found.interval.low, high: share * found.interval.high };
  });
}

/** Each rate against that of another segment, as if they had no member in common. */
export function againstAnother(segment: Measures, other: Measures): RateDifference[] {
  return differences(segment, other, (own, their) => newcombeDifference(own, their)?.interval ?? null);
}

function differences(segment: Measures, reference: Measures, intervalOf: (own: Proportion, reference: Proportion) => Interval | null): RateDifference[] {
  const [own, their] = [ratesOf(segment), ratesOf(reference)];
  return rates.map(({ name, of, per, proportion }) => {
    const [a, b] = [own[name], their[name]];
    const sides = [{ successes: segment[of], trials: segment[per] }, { successes: reference[of], trials: reference[per] }] as const;
    const bounded = proportion && a !== null && b !== null && sides.every(isProportion);
    return { rate: name, segment: a, reference: b, difference: a === null || b === null ? null : a - b, interval: bounded ? intervalOf(...sides) : null };
  });
}

function isProportion({ successes, trials }: Proportion): boolean {
  return successes >= 0 && successes <= trials && trials > 0;
}
