import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a later start of the demo has to know. A key is shown once by the service, so it is kept here. */
export interface DemoRecord {
  /** The operator's key, where none was given by the environment. */
  adminApiKey?: string;
  /** The tenant's admin key. */
  apiKey?: string;
  /** The moment that the demo's dates are relative to. */
  from?: string;
  /** All data was sent. */
  complete?: boolean;
}

/** The file of a data folder, for its owner's eyes only (mode 0600). */
export function recordFile(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

export async function readRecord(dataDir: string): Promise<DemoRecord> {
  const text = await readFile(recordFile(dataDir), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return JSON.parse(text) as DemoRecord;
  } catch (cause) {
    throw new Error(`${recordFile(dataDir)} holds the demo's keys and is no JSON. Remove it to have a new tenant made.`, { cause });
  }
}

/** Written beside and renamed, so that a start cut short leaves the old one whole. */
export async function writeRecord(dataDir: string, record: DemoRecord): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const file = recordFile(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
}
