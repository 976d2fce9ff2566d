import { spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import type { BenchCluster } from './cluster.js';
import { median, p99, round } from './measure.js';
import { startProcess } from './service-process.js';
import { contactId, type Size } from './world.js';

const connections = 50;
const secondsOfTurn = 4;
const target = 0.6;

/** How many readings a second, by the service and by the bare handler. */
export interface ReadFigure {
  readonly what: string;
  readonly perSecond: number;
  readonly baselinePerSecond: number;
  readonly ratio: number;
  /** Of the service, in milliseconds. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

export interface ReadsReport {
  readonly connections: number;
  readonly target: number;
  readonly figures: readonly ReadFigure[];
}

interface Setup { readonly cluster: BenchCluster; readonly size: Size; readonly runs: number; readonly asOf: Date; readonly say: (line: string) => void }

/** Readings of single contacts over fifty connections, turn by turn with a bare Fastify and pg handler of the same statements. */
export async function measureReads({ cluster, size, runs, asOf, say }: Setup): Promise<ReadsReport> {
  await cluster.reset();
  const service = await startProcess(cluster, asOf, { ROLE: 'api', RATE_LIMIT_KEY: '100000000', RATE_LIMIT_TENANT: '100000000' });
  const bare = await startBare(cluster);
  try {
    // Whom a random share of the half names is in five segments on average.
    for (let at = 0; at < 10; at += 1) {
      const { items } = { items: Array.from({ length: 5_000 }, (_, n) => contactId((n * 2 + at) % size.contacts)) };
      await service.json('POST', '/segments', { name: `List ${at}`, type: 'static', contactIds: items });
    }
    const figures: ReadFigure[] = [];
    for (const [what, path] of [['one contact', ''], ['the segments of a contact', '/segments']] as const) {
      const [ours, theirs]: [Turn[], Turn[]] = [[], []];
      for (let turn = 0; turn <= runs; turn += 1) {
        const both = [await readFor(service.port, path, cluster.apiKey), await readFor(bare.port, path, cluster.apiKey)] as const;
        // The first turn warms both.
        if (turn > 0) [ours, theirs].forEach((turns, index) => turns.push(both[index]!));
      }
      const [perSecond, baselinePerSecond] = [median(ours.map(({ rate }) => rate)), median(theirs.map(({ rate }) => rate))];
      const figure = {
        what, perSecond: Math.round(perSecond), baselinePerSecond: Math.round(baselinePerSecond), ratio: round(perSecond / baselinePerSecond),
        medianMs: round(median(ours.map(({ medianMs }) => medianMs))), p99Ms: round(median(ours.map(({ p99Ms }) => p99Ms))),
      };
      say(`${what}: ${figure.perSecond} a second, ${figure.baselinePerSecond} by the bare handler, ${figure.ratio} of its rate; median ${figure.medianMs} ms, p99 ${figure.p99Ms} ms`);
      figures.push(figure);
    }
    return { connections, target, figures };
  } finally {
    bare.stop();
    await service.stop();
  }
}

interface Turn { readonly rate: number; readonly medianMs: number; readonly p99Ms: number }

async function readFor(port: number, path: string, apiKey: string): Promise<Turn> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const took: number[] = [];
  const begun = performance.now();
  const end = begun + secondsOfTurn * 1000;
  let next = 0;
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() < end) {
      next += 1;
      const started = performance.now();
      await read({ port, agent, path: `/api/v1/contacts/${contactId((next * 7) % 50_000)}${path}`, headers: { authorization: `Bearer ${apiKey}` } });
      took.push(performance.now() - started);
    }
  }));
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  took.sort((one, other) => one - other);
  return { rate: took.length / seconds, medianMs: took[Math.floor(took.length / 2)]!, p99Ms: p99(took) };
}

async function read(options: { port: number; agent: Agent; path: string; headers: Record<string, string> }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    get({ host: '127.0.0.1', ...options }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${options.path} was answered ${answer.statusCode}`));
      answer.resume();
      answer.on('end', resolve);
    }).on('error', reject);
  });
}

async function startBare({ url }: BenchCluster): Promise<{ port: number; stop: () => void }> {
  const child = spawn(process.execPath, [new URL('bare-reads.mjs', import.meta.url).pathname], {
    env: { ...process.env, DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => { resolve(Number(line)); });
    child.once('exit', (code) => { reject(new Error(`the bare handler ended with ${code}`)); });
  });
  return { port, stop: () => { child.kill('SIGTERM'); } };
}
