/** A place between numbers: just before the value, or just after it. */
type Cut = readonly [value: number, after: 0 | 1];

/** Numbers between two cuts, in order and apart from one another; and whether a missing number belongs to it, too. */
export interface NumberSet {
  readonly spans: readonly (readonly [Cut, Cut])[];
  readonly unset: boolean;
}

/** What a subject can be at all: counts are whole and not negative, and figures are never missing. */
export interface NumberDomain {
  readonly whole: boolean;
  readonly least: number;
  readonly unset: boolean;
}

const order = (a: Cut, b: Cut): number => a[0] - b[0] || a[1] - b[1];
const later = (a: Cut, b: Cut): Cut => (order(a, b) < 0 ? b : a);
const earlier = (a: Cut, b: Cut): Cut => (order(a, b) < 0 ? a : b);
const start: Cut = [-Infinity, 0];
const end: Cut = [Infinity, 1];

const closed = (from: number, to: number): NumberSet => ({ spans: [[[from, 0], [to, 1]]], unset: false });

/** The set that a positive operator of numbers stands for; undefined where the operator is none. */
export function setOf(operator: string, value: unknown): NumberSet | undefined {
  const one = value as number;
  switch (operator) {
    case 'equals': return closed(one, one);
    case 'greater_than': return { spans: [[[one, 1], end]], unset: false };
    case 'greater_or_equal': return { spans: [[[one, 0], end]], unset: false };
    case 'less_than': return { spans: [[start, [one, 0]]], unset: false };
    case 'less_or_equal': return { spans: [[start, [one, 1]]], unset: false };
    case 'between': return closed((value as number[])[0] ?? NaN, (value as number[])[1] ?? NaN);
    case 'in': return { spans: [...new Set(value as number[])].sort((a, b) => a - b).map((each) => [[each, 0], [each, 1]]), unset: false };
    case 'is_set': return { spans: [[start, end]], unset: false };
    default: return undefined;
  }
}

export function complementOf({ spans, unset }: NumberSet): NumberSet {
  const gaps: [Cut, Cut][] = [];
  let from = start;
  for (const [low, high] of spans) {
    if (order(from, low) < 0) gaps.push([from, low]);
    from = high;
  }
  if (order(from, end) < 0) gaps.push([from, end]);
  return { spans: gaps, unset: !unset };
}

export function intersectionOf(a: NumberSet, b: NumberSet): NumberSet {
  const spans = a.spans.flatMap(([low, high]) => b.spans.map(([from, to]) => [later(low, from), earlier(high, to)] as const))
    .filter(([low, high]) => order(low, high) < 0);
  return { spans, unset: a.unset && b.unset };
}

/** What of the set there can be, written in one way only: of whole numbers, `> 0` and `>= 1` are the same. */
export function within(set: NumberSet, { whole, least, unset }: NumberDomain): NumberSet {
  const { spans, unset: missing } = intersectionOf(set, { spans: [[[least, 0], end]], unset });
  if (!whole) return { spans, unset: missing };
  const snapped = spans.map(([[low, afterLow], [high, afterHigh]]): readonly [Cut, Cut] => [
    [afterLow === 1 ? Math.floor(low) + 1 : Math.ceil(low), 0], [afterHigh === 1 ? Math.floor(high) : Math.ceil(high) - 1, 1],
  ]).filter(([low, high]) => order(low, high) < 0);
  return { spans: joined(snapped), unset: missing };
}

/** Whole numbers that follow one another are one span. */
function joined(spans: readonly (readonly [Cut, Cut])[]): (readonly [Cut, Cut])[] {
  const result: (readonly [Cut, Cut])[] = [];
  for (const [low, high] of [...spans].sort((a, b) => order(a[0], b[0]))) {
    const last = result.at(-1);
    if (last !== undefined && low[0] <= last[1][0] + 1) result[result.length - 1] = [last[0], later(last[1], high)];
    else result.push([low, high]);
  }
  return result;
}

export function isEmpty({ spans, unset }: NumberSet): boolean {
  return spans.length === 0 && !unset;
}

/** JSON has no infinity. */
export function textOf({ spans, unset }: NumberSet): string {
  return `${spans.map(([low, high]) => `${low[0]}${low[1] === 0 ? '≤' : '<'}${high[0]}${high[1] === 1 ? '≥' : '>'}`).join()}${unset ? ' or unset' : ''}`;
}

export function bounds({ spans }: NumberSet): { least: number; most: number } {
  return { least: spans[0]?.[0][0] ?? Infinity, most: spans.at(-1)?.[1][0] ?? -Infinity };
}
