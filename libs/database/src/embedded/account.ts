import { spawnSync } from 'node:child_process';
import { type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The unprivileged user that PostgreSQL runs as where the service is root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Permission bits of one class of users, as in a file's mode. */
const READ_AND_ENTER = 0b101;
const READ = 0b100;
const ENTER = 0b001;

/** Whether the service is root, as which PostgreSQL refuses to run. */
export function weAreRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The user `postgres`, created where it is missing and the system lets us; otherwise `nobody`. Only for root. */
export function unprivilegedAccount(): Account {
  return lookUp('postgres') ?? createPostgres() ?? lookUp('nobody') ?? { uid: 65_534, gid: 65_534 };
}

/** Whether the account can enter every folder on the way to `path`, and `path` itself. */
export async function canEnter(account: Account, path: string): Promise<boolean> {
  if (!allows(await stat(path), account, ENTER)) return false;
  const parent = dirname(path);
  return parent === path || canEnter(account, parent);
}

/** Whether the account can read everything below `folder`, apart from the way to it. */
export async function canReadAll(account: Account, folder: string): Promise<boolean> {
  if (!allows(await stat(folder), account, READ_AND_ENTER)) return false;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const readable = entry.isDirectory() ? await canReadAll(account, path) : allows(await stat(path), account, READ);
    if (!readable) return false;
  }
  return true;
}

function allows(stats: Stats, account: Account, bits: number): boolean {
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0;
  return ((stats.mode >> shift) & bits) === bits;
}

function createPostgres(): Account | null {
  // shadow-utils first, then the form of BusyBox.
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--no-create-home', '--shell', '/bin/false', 'postgres']],
    ['adduser', ['-S', '-D', '-H', 'postgres']],
  ];
  for (const [program, args] of attempts) {
    if (spawnSync(program, args, { stdio: 'ignore' }).status === 0) return lookUp('postgres');
  }
  return null;
}

function lookUp(name: string): Account | null {
  const uid = numberFrom('id', ['-u', name]);
  const gid = numberFrom('id', ['-g', name]);
  return uid === null || gid === null ? null : { uid, gid };
}

function numberFrom(program: string, args: string[]): number | null {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 && /^\d+$/.test(stdout.trim()) ? Number(stdout.trim()) : null;
}
