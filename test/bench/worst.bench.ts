import { setTimeout as wait } from 'node:timers/promises';
import { limits, worstRules, writesAndLists } from '../support/worst-rules.js';
import type { BenchCluster } from './cluster.js';
import { p99, round } from './measure.js';
import { startProcess } from './service-process.js';

const statementSeconds = 30;
const secondsAlone = 15;
/** Of what the others wait for alone. */
const target = 2;

export interface WorstReport {
  readonly statementSeconds: number;
  readonly target: number;
  /** Previews of the worst rules, exact and broken down, all at once: how they ended; refused are those whose turn did not come in time. */
  readonly asked: { readonly answered: number; readonly ended: number; readonly refused: number; readonly longestMs: number };
  /** Another tenant's writes and lists, one after the other, in milliseconds: alone, and meanwhile. */
  readonly others: { readonly requests: number; readonly refused: number; readonly p99AloneMs: number; readonly p99Ms: number; readonly ratio: number };
  readonly peakMb: number;
}

interface Setup { readonly cluster: BenchCluster; readonly asOf: Date; readonly say: (line: string) => void }
type Service = Awaited<ReturnType<typeof startProcess>>;

/** Rules as costly as the language lets them be, over all contacts and events, while another tenant writes and reads. */
export async function measureWorst({ cluster, asOf, say }: Setup): Promise<WorstReport> {
  await cluster.reset();
  const service = await startProcess(cluster, asOf, { DATABASE_STATEMENT_SECONDS: String(statementSeconds) });
  try {
    const other = await service.tenant();
    await besides(service, other.apiKey, async () => { await wait(2000); });
    const alone = await besides(service, other.apiKey, async () => { await wait(secondsAlone * 1000); });
    const asked: Ended[] = [];
    const meanwhile = await besides(service, other.apiKey, async () => {
      await Promise.all(Object.entries(worstRules(limits.conditions)).flatMap(([what, rules]) => [
        // A day before the latest events, so that no stored figure will do.
        { rules, exact: true }, { rules, asOf: new Date(asOf.getTime() - 86_400_000).toISOString(), breakdown: true },
      ].map(async (body) => {
        const ended = await preview(service, cluster.apiKey, body);
        say(`${what}${'breakdown' in body ? ', broken down' : ''}: ${ended.how} after ${ended.ms.toFixed(0)} ms`);
        asked.push(ended);
      })));
    });
    const count = (how: Ended['how']): number => asked.filter((one) => one.how === how).length;
    const [p99AloneMs, p99Ms] = [p99(alone.took), p99(meanwhile.took)];
    const report = {
      statementSeconds, target, peakMb: service.peakMb(),
      asked: { answered: count('answered'), ended: count('ended'), refused: count('refused'), longestMs: Math.round(Math.max(...asked.map(({ ms }) => ms))) },
      others: { requests: meanwhile.took.length, refused: meanwhile.refused, p99AloneMs: round(p99AloneMs), p99Ms: round(p99Ms), ratio: round(p99Ms / p99AloneMs) },
    };
    say(`the worst rules: ${JSON.stringify(report)}`);
    return report;
  } finally {
    await service.stop();
  }
}

interface Ended { readonly how: 'answered' | 'ended' | 'refused'; readonly ms: number }

/** @throws Error on any answer that says neither who matches, nor that it took too long, nor why it was not begun. */
async function preview(service: Service, key: string, body: object): Promise<Ended> {
  const begun = performance.now();
  const { status, type } = await answerOf(service, 'POST', '/segments/preview', key, body);
  const how = status === 200 ? 'answered' : type === '/problems/took-too-long' ? 'ended' : [422, 429, 503].includes(status) ? 'refused' : null;
  if (how === null) throw new Error(`a preview was answered ${status} ${type}`);
  return { how, ms: performance.now() - begun };
}

/** What a tenant's requests take, one after the other, while `work` is done; the first few warm it. */
async function besides(service: Service, key: string, work: () => Promise<void>): Promise<{ took: number[]; refused: number }> {
  const took: number[] = [];
  let [over, refused] = [false, 0];
  const client = (async () => {
    for (let turn = 0; !over; turn += 1) {
      for (const [method, path, body] of writesAndLists(turn, '2026-02-20T10:00:00Z')) {
        const begun = performance.now();
        const { status } = await answerOf(service, method, path, key, body);
        took.push(performance.now() - begun);
        if (status >= 300) refused += 1;
        await wait(10);
      }
    }
  })();
  try {
    await work();
  } finally {
    over = true;
    await client;
  }
  return { took, refused };
}

async function answerOf({ port }: Service, method: string, path: string, key: string, body?: object): Promise<{ status: number; type: string | undefined }> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    method, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, type: (await answer.json() as { type?: string }).type };
}
