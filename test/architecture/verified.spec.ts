import { join, resolve } from 'node:path';

interface Run { test: string | null; runs: number; seed: number | null; counted: string }
interface Verified { commit: string; date: string; propertyMs: number; faultsMs: number; passed: number; runs: Run[] }

const script = join(resolve(import.meta.dirname, '../..'), 'scripts/verified.mjs');
const { readRun, pageOf } = await import(script) as { readRun(line: string): Run | null; pageOf(verified: Verified): string };

describe('What tests say of their runs', () => {
  it('is read from the line of a property with its seed, its worlds and what it counted', () => {
    expect(readRun('incremental = full: seed 1711, 42 worlds, 310 comparisons')).toEqual({ test: 'incremental = full', runs: 42, seed: 1711, counted: 'worlds; 310 comparisons' });
  });

  it('is read from the line of a test of faults, with a seed where there is one', () => {
    expect(readRun('runs: 1,204 cycles killed, each at another statement')).toEqual({ test: null, runs: 1204, seed: null, counted: '1,204 cycles killed, each at another statement' });
    expect(readRun('  runs: packets vanished 7 times; seed 99; answers 12')).toMatchObject({ runs: 7, seed: 99 });
  });

  it('is not read from any other line', () => {
    for (const line of ['', 'PASS unit src/x.spec.ts', 'it runs: perhaps', '    ✓ runs twice (3 ms)']) expect(readRun(line)).toBeNull();
  });

  it('becomes a table with properties first, in which a bar is no border', () => {
    const page = pageOf({
      commit: 'a53747d0123456789', date: '2026-11-24', propertyMs: 200_000, faultsMs: 100_000, passed: 1234,
      runs: [{ test: null, runs: 7, seed: null, counted: '7 cycles a|b' }, { test: 'SQL = evaluator', runs: 4200, seed: 5, counted: 'worlds; 9 rules' }],
    });
    expect(page).toContain('2026-11-24, at commit a53747d01234: 200 s for each property, 100 s for each test of faults; 1,234 tests passed');
    expect(page).toContain('|---|--:|---|---|\n| SQL = evaluator | 4,200 | 5 | worlds; 9 rules |\n|  | 7 |  | 7 cycles a\\|b |\n');
  });
});
