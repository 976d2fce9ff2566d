import { randomInt } from 'node:crypto';
import fc, { type IAsyncProperty } from 'fast-check';

/** Milliseconds that each property may take; the long form of the tests sets more. */
export const budget = Number(process.env['PROPERTY_MS'] ?? 15_000);

/** Milliseconds that each test of faults may take, whatever the machine makes of them; the long form sets more, and visits every statement. */
export const faultsBudget = Number(process.env['FAULTS_MS'] ?? 12_000);

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

