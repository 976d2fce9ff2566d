import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, canEnter, unprivilegedAccount, weAreRoot } from './account.js';
import { type Binaries, usableBinaries } from './binaries.js';
import { binariesDoNotRun, folderOfAnother, initdbFailed, madeByAnotherVersion, nowhereToPut } from './embedded.problems.js';
import { openRecord } from './record.js';

/** A created database cluster and all that is needed to run it. */
export interface Cluster {
  readonly folder: string;
  /** PostgreSQL's own data directory, its real path. */
  readonly data: string;
  readonly log: string;
  readonly password: string;
  readonly binaries: Binaries;
  readonly account: Account | null;
}

/** The superuser that owns everything in the embedded database. */
export const OWNER = 'postgres';

/** Finds or creates the cluster of a data folder: its place, its user, its binaries, its files. */
export async function openCluster(dataDir: string, durable: boolean): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true });
  const home = await realpath(dataDir);
  const record = await openRecord(home, () => chooseElsewhere(home));
  const folder = record.elsewhere ?? join(home, 'postgres');
  const account = await accountFor(folder);
  await ownFolder(folder, account);
  const binaries = await usableBinaries(account, account === null ? () => Promise.resolve(home) : spareRoot);
  const cluster = { folder, log: join(folder, 'postgres.log'), password: record.password, binaries, account };
  const data = join(folder, 'data');
  if (!await exists(data)) await initialise(cluster, data, durable);
  await checkVersion(cluster, data);
  return { ...cluster, data: await realpath(data) };
}

/** Runs a program of the cluster as its user, with an environment that no setting of ours or the caller's reaches. */
export async function runAs(cluster: Omit<Cluster, 'data'>, program: string, args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { ...processOptions(cluster), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => { output += chunk.toString(); };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', error => fail(binariesDoNotRun(program, error.message)));
    child.once('close', code => done({ code, output }));
  });
}

/** The locale is fixed: one that is named in the environment and not installed would stop initdb. */
export function processOptions({ folder, account }: Pick<Cluster, 'folder' | 'account'>): object {
  const env = { PATH: process.env['PATH'] ?? '', SystemRoot: process.env['SystemRoot'], LC_ALL: 'C', TZ: 'UTC' };
  return { cwd: folder, env, ...(account === null ? {} : { uid: account.uid, gid: account.gid }) };
}

/** As root the database lies outside of a data folder that PostgreSQL's user cannot enter or own; null: in it. */
async function chooseElsewhere(home: string): Promise<string | null> {
  if (!weAreRoot()) return null;
  const account = unprivilegedAccount();
  const inside = join(home, 'postgres');
  if (await canEnter(account, home)) {
    if (await exists(inside)) return null;
    const owned = await ownFolder(inside, account).then(() => true, () => false);
    if (owned) return null;
    await rm(inside, { recursive: true, force: true });
  }
  // A random name, not one of the path: a data folder deleted and made again starts with an empty database.
  return join(await spareRoot(), randomBytes(8).toString('hex'));
}

/** A folder of root's that everybody can enter. */
async function spareRoot(): Promise<string> {
  const roots = ['/var/lib/contact-segments', join(tmpdir(), 'contact-segments')];
  for (const root of roots) {
    const made = await mkdir(root, { recursive: true, mode: 0o755 }).then(() => true, () => false);
    // In a folder that all may write to, another user may have been there first.
    if (made && (await stat(root)).uid === 0) return root;
  }
  throw nowhereToPut(roots);
}

/** A cluster that exists runs as its owner, whoever would be chosen today. */
async function accountFor(folder: string): Promise<Account | null> {
  const data = join(folder, 'data');
  const owner = await stat(data).catch(() => null);
  if (!weAreRoot()) {
    if (owner !== null && process.getuid !== undefined && owner.uid !== process.getuid()) throw folderOfAnother(folder, owner.uid);
    return null;
  }
  return owner === null || owner.uid === 0 ? unprivilegedAccount() : { uid: owner.uid, gid: owner.gid };
}

async function ownFolder(folder: string, account: Account | null): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account !== null) await chown(folder, account.uid, account.gid);
}

/** Created beside and renamed: a cluster that exists is whole, and of two starts at once one wins. */
async function initialise(cluster: Omit<Cluster, 'data'>, data: string, durable: boolean): Promise<void> {
  const draft = `${data}.${randomBytes(6).toString('hex')}`;
  const passwordFile = `${draft}.password`;
  await writeFile(passwordFile, `${cluster.password}\n`, { mode: 0o600, flag: 'wx' });
  if (cluster.account !== null) await chown(passwordFile, cluster.account.uid, cluster.account.gid);
  try {
    const { code, output } = await runAs(cluster, cluster.binaries.initdb, [
      '--pgdata', draft, '--username', OWNER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-instructions',
      '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ]);
    if (code !== 0) throw initdbFailed(data, output);
    await rename(draft, data).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

async function checkVersion(cluster: Omit<Cluster, 'data'>, data: string): Promise<void> {
  const { code, output } = await runAs(cluster, cluster.binaries.postgres, ['--version']);
  const ours = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (code !== 0 || ours === undefined) throw binariesDoNotRun(cluster.binaries.postgres, output);
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (made !== ours) throw madeByAnotherVersion(cluster.folder, made, ours);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
