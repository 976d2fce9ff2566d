import {
  adjustByCovariate, alwaysValidRatio, bootstrapDifference, equalProportionsP, holm, type Interval, newcombeDifference, type Sample, welch, type Weighted,
} from '#statistics';
import type { Metric, Plan } from './plan.js';

/** What one arm did, as counted. */
export interface ArmOutcome {
  readonly contacts: number;
  readonly opened: number;
  readonly clicked: number;
  readonly converted: number;
  /** Contacts with revenue other than 0. */
  readonly withRevenue: number;
  readonly revenue: Sample;
  readonly earlier: { readonly mean: number; readonly variance: number };
  readonly covariance: number;
  /** The different revenues; null: too many for a bootstrap. */
  readonly revenues: readonly Weighted[] | null;
}

/** An effect beside its certainty; all of the arm less the control. */
export interface Comparison {
  readonly metric: Metric;
  /** The place of the arm in the plan. */
  readonly arm: number;
  readonly effect: number | null;
  readonly interval: Interval | null;
  readonly p: number | null;
  readonly method: string;
  readonly bootstrap: Interval | null;
  readonly cuped: { effect: number; interval: Interval; p: number; varianceReduction: number } | null;
  readonly sequential: { ratio: number; interval: Interval; p: number } | null;
}

export interface Adjusted extends Comparison {
  readonly adjustedP: number | null;
  readonly adjustedSequentialP: number | null;
}

/** Below as many on either side the normal approximation of the sequential test is not to be trusted. */
const fewestForSequential = 10;
const resamples = 1000;
/** Any would do; it stays the same, so that a result read twice is the same. */
const seed = 20_080_320;

/** Every metric of every arm beside the control, corrected for how many there are. `fair`: chance made the arms. */
export function compareAll(plan: Plan, arms: readonly ArmOutcome[], fair: boolean): Adjusted[] {
  const compared = [plan.metric, ...plan.secondaryMetrics].flatMap((metric) => arms.slice(1).map((_, at) => compare(plan, metric, arms, at + 1, fair)));
  const [fixed, sequential] = [holm(compared.map(({ p }) => p ?? 1)), holm(compared.map((one) => one.sequential?.p ?? 1))];
  return compared.map((one, at) => ({
    ...one, adjustedP: one.p === null ? null : fixed[at] ?? null, adjustedSequentialP: one.sequential === null ? null : sequential[at] ?? null,
  }));
}

/** How many contacts have what the metric counts. */
export function successesOf(arm: ArmOutcome, metric: Metric): number {
  return { open: arm.opened, click: arm.clicked, conversion: arm.converted, revenue: arm.withRevenue }[metric];
}

/** The metric by contact: its mean and variance. */
export function sampleOf(arm: ArmOutcome, metric: Metric): Sample {
  if (metric === 'revenue') return arm.revenue;
  const [n, mean] = [arm.contacts, arm.contacts === 0 ? 0 : successesOf(arm, metric) / arm.contacts];
  return { n, mean, variance: mean * (1 - mean) };
}

function compare(plan: Plan, metric: Metric, arms: readonly ArmOutcome[], at: number, fair: boolean): Comparison {
  const [control, arm] = [arms[0], arms[at]];
  if (control === undefined || arm === undefined) throw new Error('an arm is compared with the control');
  const head = { metric, arm: at, sequential: sequentialOf(plan, metric, arm, control) };
  const confidence = 1 - plan.alpha;
  if (metric === 'revenue') return { ...head, ...compareRevenue(arms, at, confidence, fair) };
  const [first, second] = [arm, control].map((one) => ({ successes: successesOf(one, metric), trials: one.contacts })) as [ProportionOf, ProportionOf];
  const found = newcombeDifference(first, second, confidence);
  return {
    ...head, effect: found?.difference ?? null, interval: found?.interval ?? null, p: found === null ? null : equalProportionsP(first, second),
    method: 'difference of two proportions: Newcombe\'s interval, chi-squared test (Fisher\'s exact one of small counts)', bootstrap: null, cuped: null,
  };
}

interface ProportionOf { successes: number; trials: number }

function compareRevenue(arms: readonly ArmOutcome[], at: number, confidence: number, fair: boolean): Omit<Comparison, 'metric' | 'arm' | 'sequential'> {
  const [control, arm] = [arms[0], arms[at]] as [ArmOutcome, ArmOutcome];
  const found = welch(arm.revenue, control.revenue, confidence);
  return {
    effect: arm.contacts === 0 || control.contacts === 0 ? null : arm.revenue.mean - control.revenue.mean,
    interval: found?.interval ?? null, p: found?.p ?? null, method: 'difference of two means: Welch\'s t-test',
    // Resamples of no revenue are all 0, which is no certainty.
    bootstrap: found === null || arm.revenues === null || control.revenues === null ? null : bootstrapDifference(arm.revenues, control.revenues, { confidence, resamples, seed }),
    cuped: fair ? cupedOf(arms, at, confidence) : null,
  };
}

function cupedOf(arms: readonly ArmOutcome[], at: number, confidence: number): Comparison['cuped'] {
  const adjusted = adjustByCovariate(arms.map((arm) => ({ ...arm.revenue, covariate: arm.earlier, covariance: arm.covariance })));
  const [control, arm] = [adjusted?.samples[0], adjusted?.samples[at]];
  const found = control === undefined || arm === undefined ? null : welch(arm, control, confidence);
  return found === null || adjusted === null ? null
    : { effect: found.difference, interval: found.interval, p: found.p, varianceReduction: adjusted.reduction };
}

function sequentialOf(plan: Plan, metric: Metric, arm: ArmOutcome, control: ArmOutcome): Comparison['sequential'] {
  if (Math.min(successesOf(arm, metric), successesOf(control, metric)) < fewestForSequential) return null;
  const expectedRatio = (plan.baseline + plan.minimumEffect) / plan.baseline;
  return alwaysValidRatio(sampleOf(arm, metric), sampleOf(control, metric), { alpha: plan.alpha, expectedRatio });
}
