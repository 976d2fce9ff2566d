/** Names that people write for one another differ in these only. */
const plain = (name: string): string => name.slice(0, 64).toLowerCase().replace(/[_\-\s]/g, '');

/** The name without what stands before its first dot. */
const bare = (name: string): string => name.slice(name.indexOf('.') + 1);

/** How many letters have to be put in, taken out, replaced or swapped to get from one word to the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}

/**
 * The known name that `name` was most likely meant to be, with its distance; the prefix may have been forgotten.
 * Of names equally near, the first.
 */
export function nearest(name: string, known: readonly string[]): { name: string; distance: number } | undefined {
  const from = plain(name);
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const pairs: [to: string, extra: number][] = [[plain(candidate), 0]];
    if (!name.includes('.')) pairs.push([plain(bare(candidate)), 0.5]);
    for (const [to, extra] of pairs) {
      if (best !== undefined && Math.abs(from.length - to.length) + extra >= best.distance) continue;
      const near = distance(from, to) + extra;
      if (best === undefined || near < best.distance) best = { name: candidate, distance: near };
    }
  }
  return best;
}

/** Beyond so many faults no more time is spent on what may have been meant. */
const MAX_HINTED_FAULTS = 100;

/** “ Did you mean 'x'?” where a known name is near enough to be meant, else nothing. */
export function suggestion(name: string, known: readonly string[], faults: readonly unknown[]): string {
  if (faults.length >= MAX_HINTED_FAULTS) return '';
  const best = nearest(name, known);
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? ` Did you mean '${best.name}'?` : '';
}
