import { resolve } from 'node:path';
import pg from 'pg';
import { type Cluster, openCluster, OWNER } from './cluster.js';
import { type Postmaster, runPostmaster, type Settings, stopPostmaster } from './postmaster.js';
import { ServiceLock } from './service-lock.js';

/** A PostgreSQL of our own that answers at `url`. */
export interface EmbeddedPostgres {
  /** The owner's login: migrations, the queue's schema, the service's role. */
  readonly url: string;
  /** The server was running already, left by a service that was killed. */
  readonly adopted: boolean;
  /** The folder of the database. */
  readonly where: string;
  /** Fast shutdown; returns when the server is gone. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** Refuse to start where another running service holds the data folder; true unless told. */
  readonly exclusive?: boolean;
  /** False for throw-away databases: nothing is forced to disk. */
  readonly durable?: boolean;
}

const DATABASE = 'contact_segments';
const FORGETFUL: Settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts, or adopts, the PostgreSQL of a data folder, and creates it where there is none. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, exclusive = true, durable = true } = options;
  const dataDir = resolve(options.dataDir);
  const cluster = await openCluster(dataDir, durable);
  const postmaster = await runPostmaster(cluster, durable ? {} : FORGETFUL);
  await createDatabase(cluster, postmaster);
  const url = urlOf(cluster, postmaster, DATABASE);
  const lock = exclusive ? await ServiceLock.take(url, dataDir, log) : null;
  log(`PostgreSQL ${postmaster.adopted ? 'was running and is adopted' : 'runs'} in ${cluster.folder}, `
    + `process ${postmaster.pid}, port ${postmaster.port}${cluster.account === null ? '' : `, user id ${cluster.account.uid}`}`);
  return {
    url,
    adopted: postmaster.adopted,
    where: cluster.folder,
    async stop() {
      const ours = exclusive || !postmaster.adopted;
      await lock?.release({ keepSession: ours });
      if (ours) await stopPostmaster(cluster);
    },
  };
}

function urlOf(cluster: Cluster, postmaster: Postmaster, database: string): string {
  return `postgres://${OWNER}:${cluster.password}@127.0.0.1:${postmaster.port}/${database}`;
}

/** The cluster's first database is left to administration; ours is one of its own. */
async function createDatabase(cluster: Cluster, postmaster: Postmaster): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(cluster, postmaster, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (error) {
    // 42P04, 23505: another start has just created it.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
}
