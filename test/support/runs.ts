import { randomInt } from 'node:crypto';
import fc, { type Arbitrary, type IAsyncProperty } from 'fast-check';

/** Milliseconds that each property may take; the long form of the tests sets more. */
export const budget = Number(process.env['PROPERTY_MS'] ?? 8000);

/** Milliseconds that each test of faults may take, whatever the machine makes of them; the long form sets more, and visits every statement. */
export const faultsBudget = Number(process.env['FAULTS_MS'] ?? 7000);

/** Runs a property for the budget, from a seed that is printed (`PROPERTY_SEED` repeats one). */
export async function hold<T>(name: string, property: IAsyncProperty<T>, counts: () => string): Promise<void> {
  const seed = Number(process.env['PROPERTY_SEED'] ?? randomInt(2 ** 31));
  // The first world is looked at however long it takes: interrupted before it, a property would hold of nothing.
  const first = await fc.check(property, { seed, numRuns: 1, endOnFailure: true });
  const outcome = first.failed ? first : await fc.check(property, {
    // By another seed, so that it does not begin with the same world again.
    seed: seed + 1, numRuns: 1_000_000, interruptAfterTimeLimit: budget, endOnFailure: true, markInterruptAsFailure: false,
  });
  const worlds = first.failed ? first.numRuns : first.numRuns + outcome.numRuns;
  process.stdout.write(`${name}: seed ${seed}, ${worlds} worlds, ${counts()}\n`);
  if (outcome.counterexample === null) return;
  throw new Error(`${name} fails with seed ${seed} after ${counts()}\n${String(outcome.errorInstance)}`);
}

const shrinkingMs = 60_000;

/**
 * Runs a property over drawn values for so long, as many at once as there are functions to run them. Each value has a seed
 * of its own, the printed one and those after it, so that one alone can be had again (`PROPERTY_SEED=… PROPERTY_RUNS=1`). Of
 * a value that fails smaller ones are tried, and the smallest is told.
 */
export async function holdEach<T>(name: string, values: Arbitrary<T>, runs: readonly ((value: T) => Promise<void>)[], forMs: number, counts: () => string): Promise<void> {
  const seed = Number(process.env['PROPERTY_SEED'] ?? randomInt(2 ** 31 - 2 ** 24));
  const most = Number(process.env['PROPERTY_RUNS'] ?? 2 ** 24);
  const end = performance.now() + forMs;
  let next = 0;
  let failed: { seed: number; error: unknown } | null = null;
  await Promise.all(runs.map(async (run) => {
    // As many as run at once are looked at however long they take.
    while (failed === null && next < most && (next < runs.length || performance.now() < end)) {
      const own = seed + next;
      next += 1;
      const outcome = await fc.check(fc.asyncProperty(values, run), { seed: own, numRuns: 1, unbiased: true, endOnFailure: true });
      if (outcome.failed) failed ??= { seed: own, error: outcome.errorInstance };
    }
  }));
  process.stdout.write(`${name}: seed ${seed}, ${next} worlds, ${counts()}\n`);
  if (failed === null) return;
  const { seed: own, error } = failed as { seed: number; error: unknown };
  const smaller = await fc.check(fc.asyncProperty(values, runs[0]!), { seed: own, numRuns: 1, unbiased: true, interruptAfterTimeLimit: shrinkingMs });
  throw new Error(`${name} fails with seed ${own} after ${next} worlds, ${counts()}\n${String(smaller.errorInstance ?? error)}`);
}
