import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster, OWNER, runAs } from '../../libs/database/src/embedded/cluster.js';
import { runPostmaster, type Settings, stopPostmaster } from '../../libs/database/src/embedded/postmaster.js';
import type { TestDatabase } from './database.js';

/** A PostgreSQL of a test's own, which it may stop as a crash would. */
export interface OwnPostgres extends TestDatabase {
  /** Every process of it ends at once, without a word to its clients and without writing what lies in memory. */
  crash(): Promise<void>;
  /** At the same port; returns when it has recovered and answers. */
  start(): Promise<void>;
}

/** What it acknowledges is on disk, unlike in the tests' common server. */
export async function startOwnPostgres(settings: Settings = {}): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'contact-segments-crash-'));
  await chmod(folder, 0o755);
  const cluster = await openCluster(folder, true);
  const { port } = await runPostmaster(cluster, settings);
  const control = async (...args: string[]): Promise<void> => {
    const { code, output } = await runAs(cluster, cluster.binaries.pgCtl, [...args, '-D', cluster.data, '-w', '-t', '60']);
    if (code !== 0) throw new Error(`pg_ctl ${args[0]}: ${output}`);
  };
  return {
    url: `postgres://${OWNER}:${cluster.password}@127.0.0.1:${port}/postgres`,
    crash: async () => { await control('stop', '-m', 'immediate'); },
    start: async () => { await control('start', '-l', join(cluster.data, 'restarted.log'), '-o', `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`); },
    async drop() {
      await stopPostmaster(cluster);
      await rm(folder, { recursive: true, force: true });
      // As root it may lie elsewhere.
      await rm(cluster.folder, { recursive: true, force: true });
    },
  };
}
