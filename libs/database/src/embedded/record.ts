import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordUnreadable } from './embedded.problems.js';

/** What the data folder remembers of its database, in a file that only its owner reads. */
export interface ClusterRecord {
  readonly password: string;
  /** Where the database lies if not in the data folder itself; the data folder may be moved, this may not. */
  readonly elsewhere: string | null;
}

export function recordFile(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

/** The record of the data folder; a new one, with a new password, where there is none. */
export async function openRecord(dataDir: string, chooseElsewhere: () => Promise<string | null>): Promise<ClusterRecord> {
  const existing = await readRecord(dataDir);
  if (existing !== null) return existing;
  const record: ClusterRecord = { password: randomBytes(24).toString('base64url'), elsewhere: await chooseElsewhere() };
  const draft = `${recordFile(dataDir)}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  // A link, unlike a rename, fails where another start was faster: then its record is the one.
  await link(draft, recordFile(dataDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return await readRecord(dataDir) ?? record;
}

async function readRecord(dataDir: string): Promise<ClusterRecord | null> {
  const file = recordFile(dataDir);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ClusterRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw recordUnreadable(file, error);
  }
}
