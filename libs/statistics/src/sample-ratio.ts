import { chiSquaredP } from './distributions.js';

/**
 * The p-value that arms of these sizes were drawn by these weights: Pearson's chi-squared test of fit. 1 of nobody.
 * K. Pearson, Philosophical Magazine 50 (1900), 157–175; as an alarm of experiments A. Fabijan et al., Diagnosing sample
 * ratio mismatch in online controlled experiments, KDD 2019, 2156–2164.
 */
export function sampleRatioP(sizes: readonly number[], weights: readonly number[]): number {
  const [all, weight] = [sum(sizes), sum(weights)];
  if (all <= 0 || sizes.length < 2) return 1;
  const distance = sizes.reduce((so, size, at) => {
    const expected = all * (weights[at] ?? 0) / weight;
    return so + (size - expected) ** 2 / expected;
  }, 0);
  return chiSquaredP(distance, sizes.length - 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((so, one) => so + one, 0);
}
