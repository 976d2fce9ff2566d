/**
 * Numbers in [0, 1) that a seed determines: the generator mulberry32 of T. Ettinger, whose period is 2³². For bootstraps
 * and simulations that must come out the same each time, never for secrets.
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** From here on a Poisson value is drawn as a rounded normal one: the error is far below that of the bootstrap. */
const normalFrom = 30;

/** A Poisson value of this mean: D. E. Knuth, The Art of Computer Programming 2, section 3.4.1, algorithm Q. */
export function poisson(mean: number, next: () => number): number {
  if (mean >= normalFrom) {
    // G. E. P. Box and M. E. Muller, Annals of Mathematical Statistics 29 (1958), 610–611.
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let [count, product] = [0, next()];
  while (product > limit) [count, product] = [count + 1, product * next()];
  return count;
}
