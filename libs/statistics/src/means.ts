import { criticalT, twoSidedT } from './distributions.js';
import type { Interval } from './proportions.js';

/** A sample by what a test of its mean needs. `variance` is that of a sample: its sum of squares by n - 1. */
export interface Sample {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

export interface MeanDifference {
  readonly difference: number;
  readonly interval: Interval;
  readonly p: number;
}

/**
 * The difference of two means, first minus second, where the variances need not be the same; `null` where one has fewer
 * than two values or nothing varies.
 * B. L. Welch, The generalization of "Student's" problem when several different population variances are involved,
 * Biometrika 34 (1947), 28–35; the degrees of freedom are Satterthwaite's (Biometrics Bulletin 2 (1946), 110–114).
 */
export function welch(first: Sample, second: Sample, confidence = 0.95): MeanDifference | null {
  if (first.n < 2 || second.n < 2) return null;
  const [a, b] = [first.variance / first.n, second.variance / second.n];
  if (a + b <= 0) return null;
  const freedom = (a + b) ** 2 / (a ** 2 / (first.n - 1) + b ** 2 / (second.n - 1));
  const [difference, error] = [first.mean - second.mean, Math.sqrt(a + b)];
  const reach = criticalT(confidence, freedom) * error;
  return { difference, interval: { low: difference - reach, high: difference + reach }, p: twoSidedT(difference / error, freedom) };
}

/** A sample with a covariate from before the experiment; `covariance` by n - 1. */
export interface SampleWithCovariate extends Sample {
  readonly covariate: { readonly mean: number; readonly variance: number };
  readonly covariance: number;
}

/**
 * The samples less what the covariate explains, with means as if every arm had had the same covariate; `null` where it
 * does not vary. `reduction` is the share of variance that is gone. Only of arms that chance made: elsewhere the
 * covariate may be what tells them apart.
 * A. Deng, Y. Xu, R. Kohavi and T. Walker, Improving the sensitivity of online controlled experiments by utilizing
 * pre-experiment data (CUPED), WSDM 2013, 123–132.
 */
export function adjustByCovariate(samples: readonly SampleWithCovariate[]): { samples: Sample[]; reduction: number } | null {
  const freedom = (sample: Sample): number => Math.max(0, sample.n - 1);
  const within = (of: (sample: SampleWithCovariate) => number): number => samples.reduce((sum, sample) => sum + of(sample) * freedom(sample), 0);
  const [covariates, outcomes] = [within(({ covariate }) => covariate.variance), within(({ variance }) => variance)];
  if (covariates <= 0 || outcomes <= 0) return null;
  const theta = within(({ covariance }) => covariance) / covariates;
  const all = samples.reduce((sum, { n }) => sum + n, 0);
  const middle = samples.reduce((sum, { n, covariate }) => sum + n * covariate.mean, 0) / all;
  const adjusted = samples.map(({ n, mean, variance, covariate, covariance }) => ({
    n, mean: mean - theta * (covariate.mean - middle),
    variance: Math.max(0, variance + theta ** 2 * covariate.variance - 2 * theta * covariance),
  }));
  const left = adjusted.reduce((sum, sample) => sum + sample.variance * freedom(sample), 0);
  return { samples: adjusted, reduction: 1 - left / outcomes };
}
