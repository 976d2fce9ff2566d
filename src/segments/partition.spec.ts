import { betterInFull, partition, type StatementCosts, type Weighed } from './partition.js';

const costs: StatementCosts = { statement: 10, contact: 0.1, condition: 0.01, filled: 0.002, few: 1000 };
const segment = (id: string, ...sources: number[]): Weighed => ({ id, conditions: 2, sources });
const names = (parts: readonly { segments: readonly string[] }[]): string[] => parts.map(({ segments }) => [...segments].sort().join('')).sort();

describe('The segments of a cycle', () => {
  it('are evaluated together where few contacts may have moved', () => {
    const parts = partition([segment('a', 1), segment('b', 2), segment('c', 1, 2)], new Map([[1, 5], [2, 3]]), 4, costs);
    expect(parts).toEqual([{ segments: ['a', 'b', 'c'], sources: [1, 2] }]);
  });

  it('stand apart where one of them has many contacts that the others need not look at', () => {
    const parts = partition([segment('a', 1), segment('b', 2), segment('c', 3)], new Map([[1, 100_000], [2, 3], [3, 4]]), 1, costs);
    expect(names(parts)).toEqual(['a', 'bc']);
    expect(parts.find(({ segments }) => segments.includes('a'))?.sources).toEqual([1]);
    expect(parts.find(({ segments }) => segments.includes('b'))?.sources).toEqual([2, 3]);
  });

  it('stand together where the same contacts are looked at for them, however many', () => {
    const parts = partition([segment('a', 1, 2), segment('b', 2, 1), segment('c', 1)], new Map([[1, 100_000], [2, 0]]), 0, costs);
    expect(names(parts)).toEqual(['abc']);
  });

  it('are looked at for nobody where nothing of theirs has moved', () => {
    const parts = partition([segment('a', 1), segment('b', 2), segment('c')], new Map([[1, 50_000]]), 0, costs);
    expect(names(parts)).toEqual(['a', 'bc']);
    expect(parts.find(({ segments }) => segments.includes('b'))?.sources).toEqual([]);
  });

  it('are each in one part, with all of its sources, whatever the costs', () => {
    const segments = Array.from({ length: 60 }, (_, at) => segment(`s${at}`, 1 + at % 7, 8 + at % 11, 19 + at % 13));
    const counts = new Map(Array.from({ length: 31 }, (_, at) => [at + 1, (at * 7919) % 5000]));
    for (const statement of [0, 1, 50, 1000]) {
      const parts = partition(segments, counts, 300, { ...costs, statement });
      expect(parts.flatMap((part) => part.segments).sort()).toEqual(segments.map(({ id }) => id).sort());
      for (const part of parts) {
        for (const { id, sources } of segments) {
          if (!part.segments.includes(id)) continue;
          expect(part.sources).toEqual(expect.arrayContaining(sources.filter((source) => counts.get(source)! > 0)));
        }
      }
    }
  });

  it('are better filled in full from where looking at each candidate costs more than looking at everybody for each of them', () => {
    // A candidate costs 0.1 + 2 · 0.01 with one segment and 0.1 + 200 · 0.01 with a hundred, filling one 0.002 of each contact.
    const hundred = Array.from({ length: 100 }, (_, at) => segment(`s${at}`));
    expect(betterInFull([segment('a')], 16_500, 1_000_000, costs)).toBe(false);
    expect(betterInFull([segment('a')], 16_700, 1_000_000, costs)).toBe(true);
    expect(betterInFull(hundred, 94_000, 1_000_000, costs)).toBe(false);
    expect(betterInFull(hundred, 96_000, 1_000_000, costs)).toBe(true);
  });

  it('are filled in full where over half of the contacts are candidates', () => {
    expect(betterInFull([segment('a')], 500_000, 1_000_000, { ...costs, filled: 1 })).toBe(false);
    expect(betterInFull([segment('a')], 500_001, 1_000_000, { ...costs, filled: 1 })).toBe(true);
  });

  it('are looked at one by one for few candidates, though they be everybody', () => {
    expect(betterInFull([segment('a')], 1000, 1000, costs)).toBe(false);
    expect(betterInFull([segment('a')], 1001, 1001, costs)).toBe(true);
  });
});
