/**
 * Numbers in [0, 1) that a seed determines: xoshiro128** of D. Blackman and S. Vigna, Scrambled linear pseudorandom number
 * generators, ACM Transactions on Mathematical Software 47 (2021), article 36. For bootstraps and simulations that must
 * come out the same each time, never for secrets.
 */
export function seeded(seed: number): () => number {
  let [a, b, c, d] = stateOf(seed);
  return () => {
    const scrambled = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return scrambled / 2 ** 32;
  };
}

/** Four words of a seed, none of them like the seed: the finalizer of MurmurHash3 (A. Appleby) over a Weyl sequence. */
function stateOf(seed: number): [number, number, number, number] {
  const word = (at: number): number => {
    const start = seed + Math.imul(at, 0x9E3779B9);
    const once = Math.imul(start ^ (start >>> 16), 0x85EBCA6B);
    const twice = Math.imul(once ^ (once >>> 13), 0xC2B2AE35);
    return twice ^ (twice >>> 16);
  };
  return [word(1), word(2), word(3), word(4)];
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
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
  let count = 0;
  for (let product = next(); product > limit; product *= next()) count += 1;
  return count;
}
