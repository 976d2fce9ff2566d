import { spawn } from 'node:child_process';
import { open, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Cluster, OWNER, processOptions, runAs } from './cluster.js';
import { passwordRefused, serverFailed, serverNotReady } from './embedded.problems.js';

/** A server that answers. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** It was running already: left by a service that was killed, or another's. */
  readonly adopted: boolean;
}

/** Settings of the server, by name. */
export type Settings = Readonly<Record<string, string>>;

/** For a few cores and some gigabytes; the limits of statements belong to those who send them. */
const SETTINGS: Settings = {
  listen_addresses: '127.0.0.1',
  // A socket's path is limited to 107 bytes, which a data folder easily exceeds.
  unix_socket_directories: '',
  max_connections: '100',
  // An eighth of the memory, a gigabyte at most: what a cycle looks up again and again should not be copied each time.
  shared_buffers: `${Math.min(1024, Math.max(128, Math.round(totalmem() / 8 / 2 ** 20)))}MB`,
  max_wal_size: '2GB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

/** A crash recovery reads up to max_wal_size of log. */
const READY_WITHIN_SECONDS = 180;
const LOG_KEPT_BYTES = 16 * 1024 * 1024;

/** What another start at the same moment, a port just taken or a server just killed leads to: worth another try. */
const PASSING = /lock file "postmaster\.pid"|could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block/;

/** Adopts the cluster's running server, or starts one on a free port, and waits until it answers. */
export async function runPostmaster(cluster: Cluster, extra: Settings): Promise<Postmaster> {
  const deadline = performance.now() + READY_WITHIN_SECONDS * 1000;
  let tail = '';
  while (performance.now() < deadline) {
    const running = await awaitRunning(cluster, deadline);
    if (running !== null) return { ...running, adopted: true };
    const started = await start(cluster, { ...SETTINGS, ...extra }, deadline);
    if (typeof started !== 'string') return { ...started, adopted: false };
    tail = started;
    if (!PASSING.test(tail)) throw serverFailed(cluster.log, tail);
    await sleep(250);
  }
  throw serverFailed(cluster.log, tail);
}

/** Fast shutdown: sessions are ended, nothing committed is lost; returns when the server is gone. */
export async function stopPostmaster(cluster: Cluster): Promise<void> {
  const stop = async (mode: string): Promise<boolean> => {
    const { code } = await runAs(cluster, cluster.binaries.pgCtl, ['stop', '-D', cluster.data, '-m', mode, '-w', '-t', '60']);
    return code === 0 || await readPidFile(cluster) === null;
  };
  // Immediate is safe too: the next start recovers from the log.
  if (!await stop('fast')) await stop('immediate');
}

/** Starts the server in a session of its own, so that Ctrl-C reaches the service alone; its log's end where it exits. */
async function start(cluster: Cluster, settings: Settings, deadline: number): Promise<{ pid: number; port: number } | string> {
  const port = await freePort();
  const before = await openLog(cluster);
  const args = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(cluster.binaries.postgres, ['-D', cluster.data, ...args],
    { ...processOptions(cluster), detached: true, stdio: ['ignore', before.file.fd, before.file.fd] });
  let exited = false;
  child.once('exit', () => { exited = true; });
  child.once('error', () => { exited = true; });
  child.unref();
  await before.file.close();
  while (!exited && performance.now() < deadline) {
    const seen = await readPidFile(cluster);
    if (seen !== null && seen.pid === child.pid && await answers(cluster, seen.port)) return { pid: seen.pid, port: seen.port };
    await sleep(50);
  }
  if (!exited) throw serverNotReady(cluster.folder, READY_WITHIN_SECONDS, cluster.log);
  return (await readFile(cluster.log, 'utf8')).slice(before.length);
}

/** The running server of the cluster once it answers; null where there is none, or it went while we waited. */
async function awaitRunning(cluster: Cluster, deadline: number): Promise<{ pid: number; port: number } | null> {
  while (performance.now() < deadline) {
    const seen = await readPidFile(cluster);
    if (seen === null) return null;
    if (!await isServer(seen.pid, cluster.data)) {
      // After a restart of the machine the number may belong to anybody, and PostgreSQL would believe in that process.
      await rm(join(cluster.data, 'postmaster.pid'), { force: true });
      return null;
    }
    if (await answers(cluster, seen.port)) return seen;
    await sleep(100);
  }
  throw serverNotReady(cluster.folder, READY_WITHIN_SECONDS, cluster.log);
}

async function answers(cluster: Cluster, port: number): Promise<boolean> {
  if (!(port > 0)) return false;
  const client = new pg.Client({ host: '127.0.0.1', port, user: OWNER, password: cluster.password, database: 'postgres', connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ at: string }>(`select current_setting('data_directory') as at`);
    return rows[0]?.at === cluster.data;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') throw passwordRefused(cluster.folder, error);
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Line 1 the process, line 4 the port; a file half written has no port yet. */
async function readPidFile(cluster: Cluster): Promise<{ pid: number; port: number } | null> {
  const text = await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3] ?? '') } : null;
}

/** Whether the process lives and is a server of this cluster: it is started with the folder's name and works in it. */
async function isServer(pid: number, data: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (process.platform !== 'linux') return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes(data) || await readlink(`/proc/${pid}/cwd`).catch(() => '') === data;
}

async function openLog({ log }: Cluster): Promise<{ file: Awaited<ReturnType<typeof open>>; length: number }> {
  const size = await stat(log).then(stats => stats.size, () => 0);
  if (size > LOG_KEPT_BYTES) await rename(log, `${log}.1`);
  const file = await open(log, 'a', 0o600);
  return { file, length: (await file.stat()).size };
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
