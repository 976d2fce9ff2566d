/** The slope, a step, of the straight line of least squares through equally spaced values; `null` of fewer than two. */
export function leastSquaresSlope(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 2) return null;
  const [middle, mean] = [(n - 1) / 2, values.reduce((sum, value) => sum + value, 0) / n];
  const above = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return above / (n * (n * n - 1) / 12);
}

/** By which share a value has changed; `null` from nothing. */
export function growth(before: number, after: number): number | null {
  return before === 0 ? null : (after - before) / before;
}
