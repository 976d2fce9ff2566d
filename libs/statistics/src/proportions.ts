import { criticalZ, logChoose, twoSidedP } from './distributions.js';

/** So many successes of so many trials: 0 <= successes <= trials. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/** A confidence interval, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval of one proportion; `null` of no trials.
 * E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209–212;
 * method 3 of R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), 857–872.
 */
export function wilsonInterval({ successes, trials }: Proportion, confidence = 0.95): Interval | null {
  if (trials <= 0) return null;
  const z = criticalZ(confidence);
  const middle = 2 * successes + z * z;
  const reach = z * Math.sqrt(z * z + 4 * successes * (1 - successes / trials));
  const scale = 2 * (trials + z * z);
  // At the edges the formula gives them up to rounding.
  return { low: successes === 0 ? 0 : (middle - reach) / scale, high: successes === trials ? 1 : (middle + reach) / scale };
}

/**
 * The difference of two independent proportions, first minus second, with Newcombe's hybrid score interval; `null` where
 * one has no trials. Method 10 of R. G. Newcombe, Interval estimation for the difference between independent
 * proportions, Statistics in Medicine 17 (1998), 873–890.
 */
export function newcombeDifference(first: Proportion, second: Proportion, confidence = 0.95): { difference: number; interval: Interval } | null {
  const [one, other] = [wilsonInterval(first, confidence), wilsonInterval(second, confidence)];
  if (one === null || other === null) return null;
  const [p, q] = [first.successes / first.trials, second.successes / second.trials];
  const difference = p - q;
  return {
    difference,
    interval: { low: difference - Math.hypot(p - one.low, other.high - q), high: difference + Math.hypot(one.high - p, q - other.low) },
  };
}

/**
 * The ratio of two independent proportions, first over second, with the interval of logarithms; `null` where one has no
 * trials. Where one has no successes, half a success is added to each side, as G. Walter does (Biometrika 62 (1975),
 * 371–374), for the interval; the ratio itself is then 0 or infinite.
 * D. Katz et al., Obtaining confidence intervals for the risk ratio in cohort studies, Biometrics 34 (1978), 469–474.
 */
export function katzRatio(first: Proportion, second: Proportion, confidence = 0.95): { ratio: number; interval: Interval } | null {
  if (first.trials <= 0 || second.trials <= 0) return null;
  const add = first.successes === 0 || second.successes === 0 ? 0.5 : 0;
  const [a, n, b, m] = [first.successes + add, first.trials + add, second.successes + add, second.trials + add];
  const log = Math.log(a / n) - Math.log(b / m);
  const reach = criticalZ(confidence) * Math.sqrt(1 / a - 1 / n + 1 / b - 1 / m);
  return {
    ratio: (first.successes / first.trials) / (second.successes / second.trials),
    interval: { low: first.successes === 0 ? 0 : Math.exp(log - reach), high: second.successes === 0 ? Infinity : Math.exp(log + reach) },
  };
}

/**
 * The two-sided p-value that two independent proportions are the same: Pearson's chi-squared test without a correction,
 * and Fisher's exact test where an expected count is below 5 (W. G. Cochran, Some methods for strengthening the common
 * chi-squared tests, Biometrics 10 (1954), 417–451). 1 where one has no trials.
 */
export function equalProportionsP(first: Proportion, second: Proportion): number {
  const [n, m] = [first.trials, second.trials];
  if (n <= 0 || m <= 0) return 1;
  const successes = first.successes + second.successes;
  const pooled = successes / (n + m);
  if (pooled === 0 || pooled === 1) return 1;
  if (Math.min(n, m) * Math.min(pooled, 1 - pooled) < 5) return fisherExactP(first, second);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return twoSidedP((first.successes / n - second.successes / m) / deviation);
}

/**
 * Fisher's exact test, two-sided: the chance, margins given, of all tables that are no likelier than this one.
 * R. A. Fisher, The Design of Experiments (1935), chapter 2.
 */
export function fisherExactP(first: Proportion, second: Proportion): number {
  const [n, m] = [first.trials, second.trials];
  const successes = first.successes + second.successes;
  const chance = (k: number): number => Math.exp(logChoose(n, k) + logChoose(m, successes - k) - logChoose(n + m, successes));
  // Tables as likely as this one must not be missed for rounding.
  const limit = chance(first.successes) * (1 + 1e-7);
  let p = 0;
  for (let k = Math.max(0, successes - m); k <= Math.min(n, successes); k += 1) {
    const of = chance(k);
    if (of <= limit) p += of;
  }
  return Math.min(1, p);
}
