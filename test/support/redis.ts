import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { sayNotRun } from './not-run.js';
import { until } from './queue-contract.js';

/** A Redis of a test's own, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  /** Sends it a command. */
  command<Result>(name: string, ...words: string[]): Promise<Result>;
  /** Killed without a word, with all that it holds. */
  kill(): Promise<void>;
  /** Back at the same place, empty. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Whether Redis can be tested here. Where it cannot, it is said loudly; in the continuous integration it is a failure. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI'] === 'true') throw new Error('redis-server is not installed: the queue on Redis cannot be tested');
    sayNotRun('the tests of the queue on Redis', 'there is no redis-server on this machine');
    return false;
  }
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'segments-redis-'));
  let server: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], { stdio: 'ignore' });
    await until(async () => await answers(port), (is) => is);
  };
  const kill = async (): Promise<void> => {
    const [running, ended] = [server, Promise.withResolvers<void>()];
    if (running === null) return;
    running.once('exit', () => { ended.resolve(); });
    running.kill('SIGKILL');
    await ended.promise;
    server = null;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`, start, kill,
    async command<Result>(name: string, ...words: string[]) {
      const client = new Redis(port);
      try {
        return await client.call(name, ...words) as Result;
      } finally {
        client.disconnect();
      }
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  await new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => { resolve(false); });
  });
}
