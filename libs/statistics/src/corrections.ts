/**
 * Adjusted p-values ("q"), in the order given: to call significant what is at most `rate` keeps the expected share of
 * false discoveries at most there, of independent or positively dependent tests.
 * Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, JRSS B 57 (1995), 289–300.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((p, at) => ({ p, at })).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number>(pValues.length);
  let least = 1;
  for (const [fromLast, { p, at }] of order.entries()) {
    least = Math.min(least, p * pValues.length / (pValues.length - fromLast));
    adjusted[at] = least;
  }
  return adjusted;
}

/**
 * Adjusted p-values, in the order given: to call significant what is at most `alpha` keeps the chance of any false
 * discovery at most there, however the tests depend on each other.
 * S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979), 65–70.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length);
  let most = 0;
  for (const [rank, { p, at }] of order.entries()) {
    most = Math.max(most, Math.min(1, p * (pValues.length - rank)));
    adjusted[at] = most;
  }
  return adjusted;
}
