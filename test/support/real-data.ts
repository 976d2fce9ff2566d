import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sayNotRun } from './not-run.js';

/** Beside the project, and no part of it. */
const folder = resolve(import.meta.dirname, '../../../shared/data');

export type RealFile = 'cdnow_master.txt' | 'hillstrom.csv';

export function realFile(name: RealFile): string {
  return join(folder, name);
}

/** Whether tests can read these files. Where they cannot, it is said loudly; in the continuous integration, too, it is no failure: a clone has the project alone. */
export function hasRealFiles(...names: readonly RealFile[]): boolean {
  const missing = names.filter((name) => !existsSync(realFile(name)));
  for (const name of missing) sayNotRun(`the tests on the real data of ${name}`, `there is no ../shared/data/${name} beside the project`);
  return missing.length === 0;
}
