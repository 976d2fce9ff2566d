import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#database';
import { generate } from './generate.js';
import { makeTenant } from './service.js';
import type { Size } from './world.js';

/** A PostgreSQL with a generated tenant, in a database that may be changed at will. */
export interface BenchCluster {
  readonly url: string;
  readonly tenantId: string;
  readonly apiKey: string;
  /** Takes back everything that was done to the tenant, segments and all. No service may be connected. */
  reset(): Promise<void>;
  /** A database beside it with a tenant that has nothing; the one before is gone. */
  empty(): Promise<EmptyDatabase>;
  stop(): Promise<void>;
}

export interface EmptyDatabase {
  readonly url: string;
  readonly tenantId: string;
  readonly apiKey: string;
}

interface Kept { fingerprint: string; tenantId: string; apiKey: string }

const marker = 'bench.json';

/**
 * Opens the cluster of a folder. A kept one is used again where the same generator made it for the same schema; what is
 * measured happens in a copy of its database, so that each run finds the same rows.
 */
export async function openCluster(dataDir: string | null, size: Size, asOf: Date, say: (line: string) => void): Promise<BenchCluster> {
  const folder = dataDir ?? await mkdtemp(join(tmpdir(), 'contact-segments-bench-'));
  const fingerprint = await fingerprintOf(size, asOf);
  const kept = await findKept(folder, fingerprint);
  await mkdir(folder, { recursive: true });
  // Where we are root, PostgreSQL's own user has to enter it.
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: say });
  const [world, copy] = [urlOf(server.url, 'bench_world'), urlOf(server.url, 'bench_run')];
  const stop = async (): Promise<void> => {
    await server.stop();
    if (dataDir === null) await rm(folder, { recursive: true, force: true });
  };
  try {
    const { tenantId, apiKey } = kept ?? await makeWorld();
    const reset = async (): Promise<void> => {
      await administer(server.url, 'drop database if exists bench_run', 'create database bench_run template bench_world strategy file_copy');
      await administer(copy, 'analyze');
    };
    const empty = async (): Promise<EmptyDatabase> => {
      const url = urlOf(server.url, 'bench_empty');
      await administer(server.url, 'drop database if exists bench_empty', 'create database bench_empty', 'checkpoint');
      return { url, ...await makeTenant(url, asOf, say) };
    };
    return { url: copy, tenantId, apiKey, reset, empty, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function makeWorld(): Promise<Kept> {
    await administer(server.url, 'create database bench_world');
    const tenant = await makeTenant(world, asOf, say);
    await generate(world, tenant.tenantId, size, asOf, say);
    await administer(world, 'checkpoint');
    const made = { fingerprint, ...tenant };
    await writeFile(join(folder, marker), `${JSON.stringify(made)}\n`);
    return made;
  }
}

/** What was kept, if it is what would be generated now; anything else of ours is removed. */
async function findKept(folder: string, fingerprint: string): Promise<Kept | null> {
  const names = await readdir(folder).catch(() => [] as string[]);
  if (names.length === 0) return null;
  if (!names.includes(marker)) throw new Error(`${folder} is no folder of the benches: name one that is empty or does not exist.`);
  const kept = JSON.parse(await readFile(join(folder, marker), 'utf8')) as Kept;
  if (kept.fingerprint === fingerprint) return kept;
  await rm(folder, { recursive: true, force: true });
  return null;
}

/** Of all that the rows depend on: size and seed, the generator, the schema. */
async function fingerprintOf(size: Size, asOf: Date): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([size, asOf]));
  const migrations = new URL('../../migrations/', import.meta.url);
  const files = [...['world.ts', 'generate.ts', 'random.ts'].map((name) => new URL(name, import.meta.url)),
    ...(await readdir(migrations)).sort().map((name) => new URL(name, migrations))];
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex');
}

function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function administer(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
