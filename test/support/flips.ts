import { addToInstant } from '#rules';

const looked = [[1, 'hours'], [1, 'days'], [7, 'days'], [1, 'months'], [3, 'months'], [1, 'years']] as const;

/** The first instants of another verdict: between now and each length of time at whose end it is another. */
export function flipsOf(isMember: (at: number) => boolean, now: number): number[] {
  const flips: number[] = [];
  let before = { at: now, is: isMember(now) };
  for (const [amount, unit] of looked) {
    const end = addToInstant(now, amount, unit);
    const is = isMember(end);
    if (is !== before.is) {
      let [same, other] = [before.at, end];
      while (other - same > 1) {
        const middle = Math.floor((same + other) / 2);
        if (isMember(middle) === before.is) same = middle;
        else other = middle;
      }
      flips.push(other);
    }
    before = { at: end, is };
  }
  return flips;
}
