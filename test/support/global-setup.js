import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './typescript-source.mjs';

const { startEmbeddedPostgres } = await import('../../libs/database/src/embedded/embedded-postgres.ts');

const PREFIX = 'contact-segments-test-';

/** One PostgreSQL for the whole run, in a folder that goes with it; its address reaches the workers by the environment. */
export default async function setUp() {
  await removeLeftBehind();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  // Where we are root, PostgreSQL's own user has to enter it.
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'run.pid'), String(process.pid));
  const server = await startEmbeddedPostgres({ dataDir: folder, durable: false, log: () => undefined });
  process.env.TEST_DATABASE_URL = server.url;
  globalThis.testDatabaseServer = { server, folder };
}

/** Runs that were killed leave their server and folder; whoever comes next takes them away. */
async function removeLeftBehind() {
  for (const name of (await readdir(tmpdir())).filter(entry => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    if (!await isLeftBehind(folder)) continue;
    const server = await startEmbeddedPostgres({ dataDir: folder, durable: false, log: () => undefined }).catch(() => null);
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function isLeftBehind(folder) {
  const pid = Number(await readFile(join(folder, 'run.pid'), 'utf8').catch(() => '0'));
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
