/** A segment to be evaluated, and from where its candidates come besides those whose data changed. */
export interface Weighed {
  readonly id: string;
  /** Conditions to be evaluated, those of referenced segments counted. */
  readonly conditions: number;
  /** Sources of contacts that time may have moved. */
  readonly sources: readonly number[];
}

/** Segments that are evaluated together, over the contacts of all their sources. */
export interface Part {
  readonly segments: readonly string[];
  readonly sources: readonly number[];
}

/** What the statements of a cycle cost, in milliseconds. */
export interface StatementCosts {
  /** Of a statement, however few contacts it looks at. */
  statement: number;
  /** Of a contact in it: its row, its events, its memberships. */
  contact: number;
  /** Of a condition on a contact. */
  condition: number;
  /** Of a contact in a refresh of one segment that looks at everybody. */
  filled: number;
  /** So many contacts are looked at one by one, whatever it costs. */
  few: number;
}

/**
 * Measured over 100 segments, 100,000 contacts and 2 million events, whose pages were in memory in part; `filled` over ten
 * and a hundred segments, a million contacts and 20 million events.
 */
export const measuredCosts: StatementCosts = { statement: 15, contact: 0.1, condition: 0.0005, filled: 0.0015, few: 10_000 };

/**
 * Whether the segments of a part, with so many candidates among so many contacts, are better filled in full, each in a
 * transaction of its own. Over half of the contacts they always are: one transaction is not to look at everybody, and for a
 * hundred segments the two cost the same not far from there (a million contacts: a quarter changed 141 s, in full 241 s).
 */
export function betterInFull(part: readonly Weighed[], candidates: number, contacts: number, costs: StatementCosts): boolean {
  if (candidates <= costs.few) return false;
  return candidates * 2 > contacts || costOf(part, candidates, costs) > part.length * contacts * costs.filled;
}

function costOf(segments: readonly Weighed[], contacts: number, costs: StatementCosts): number {
  const conditions = segments.reduce((sum, segment) => sum + segment.conditions, 0);
  return costs.statement + contacts * (costs.contact + costs.condition * conditions);
}

/**
 * Which segments are best evaluated together: one statement for all looks at every contact for every segment; one for
 * each, at nobody in vain, but plans and reads events anew. From segments whose sources are the same, parts are joined two
 * by two, always those that save most, while any do. `counts` are the contacts of each source, `changed` those that are
 * looked at for every segment.
 */
export function partition(segments: readonly Weighed[], counts: ReadonlyMap<number, number>, changed: number, costs: StatementCosts): Part[] {
  const found = [...counts].filter(([, count]) => count > 0);
  /** Contacts of several sources count several times: an upper bound, which costs no look at them. */
  const weigh = (some: readonly Weighed[], taken: Uint8Array): Joint => {
    const contacts = found.reduce((sum, [, count], place) => sum + count * taken[place]!, changed);
    return { segments: some, taken, cost: contacts === 0 ? 0 : costOf(some, contacts, costs) };
  };
  const join = (one: Joint, other: Joint): Joint => weigh([...one.segments, ...other.segments], one.taken.map((taken, place) => taken | other.taken[place]!));
  const alike = Map.groupBy(segments, ({ sources }) => found.map(([source]) => Number(sources.includes(source))).join(''));
  const parts = [...alike].map(([taken, some]) => weigh(some, Uint8Array.from(taken, Number)));
  if (parts.length === 0) return [];
  const whole = parts.reduce(join);
  // Two statements cost more than this one, whatever they leave out.
  const joined = whole.cost <= 2 * costs.statement ? [whole] : joinWhileItSaves(parts, join);
  return joined.map(({ segments: some, taken }) => ({
    segments: some.map(({ id }) => id), sources: found.filter((_, place) => taken[place] === 1).map(([source]) => source),
  }));
}

interface Joint {
  readonly segments: readonly Weighed[];
  /** For each source with contacts 1 where it is a source of these. */
  readonly taken: Uint8Array;
  readonly cost: number;
}

function joinWhileItSaves(parts: readonly Joint[], joined: (one: Joint, other: Joint) => Joint): Joint[] {
  let left = parts;
  let pairs = left.flatMap((one, at) => left.slice(at + 1).map((other) => pairOf(one, other, joined)));
  for (;;) {
    const best = pairs.reduce<Pair | null>((most, pair) => (pair.saves > (most?.saves ?? 0) ? pair : most), null);
    if (best === null) return [...left];
    const { one, other, both } = best;
    left = left.filter((part) => part !== one && part !== other);
    const others = pairs.filter((pair) => ![pair.one, pair.other].some((part) => part === one || part === other));
    pairs = [...others, ...left.map((part) => pairOf(part, both, joined))];
    left = [...left, both];
  }
}

interface Pair {
  readonly one: Joint;
  readonly other: Joint;
  readonly both: Joint;
  readonly saves: number;
}

function pairOf(one: Joint, other: Joint, joined: (one: Joint, other: Joint) => Joint): Pair {
  const both = joined(one, other);
  return { one, other, both, saves: one.cost + other.cost - both.cost };
}
