/** Says loudly what cannot be tested here, and why: `npm run verify` repeats it at its end. */
export function sayNotRun(what: string, why: string): void {
  process.stderr.write(`\nNOT RUN: ${what}, since ${why}\n\n`);
}
