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
