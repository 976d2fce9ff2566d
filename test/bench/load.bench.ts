import { setTimeout as wait } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BenchCluster } from './cluster.js';
import { round } from './measure.js';
import { startProcess } from './service-process.js';
import { customFields, GeneratedWorld, type Size } from './world.js';

const perRequest = 5000;
const atOnce = 4;
const perTransaction = 10_000;
/** Of the rate of COPY, for events. */
const target = 0.35;

/** The same rows over HTTP and by COPY. */
export interface LoadFigure {
  readonly what: string;
  readonly rows: number;
  readonly ms: number;
  readonly baselineMs: number;
  /** The service's rate to that of COPY. */
  readonly ratio: number;
  /** Processor time of the service's process. */
  readonly processMs: number;
  /** How long sessions had a statement, all of them together. */
  readonly databaseMs: number;
  /** The most that the process had in memory, from its start on. */
  readonly peakMb: number;
}

export interface LoadReport {
  readonly perRequest: number;
  readonly atOnce: number;
  readonly target: number;
  readonly figures: readonly LoadFigure[];
}

interface Setup { readonly cluster: BenchCluster; readonly size: Size; readonly asOf: Date; readonly say: (line: string) => void }

type Loaded = Omit<LoadFigure, 'what' | 'baselineMs' | 'ratio'>;
type Kind = 'contacts' | 'events';

const kinds: readonly Kind[] = ['contacts', 'events'];

/** All contacts, then all events of the generated tenant. Rows are made as they are sent: neither side ever has them all. */
export async function measureLoad({ cluster, size, asOf, say }: Setup): Promise<LoadReport> {
  const ours = await loadOverHttp(cluster, size, asOf, say);
  const byCopy = await loadByCopy(cluster, size, asOf);
  const figures = kinds.map((what): LoadFigure => {
    const [loaded, baselineMs] = [ours[what], round(byCopy[what])];
    const figure = { what, ...loaded, baselineMs, ratio: round(baselineMs / loaded.ms) };
    say(`${what}: ${rate(figure.rows, figure.ms)}, COPY ${rate(figure.rows, baselineMs)}, ${figure.ratio} of its rate; process busy ${(figure.processMs / figure.ms).toFixed(2)}, statements ${(figure.databaseMs / figure.ms).toFixed(2)}; peak ${figure.peakMb} MB`);
    return figure;
  });
  return { perRequest, atOnce, target, figures };
}

async function loadOverHttp(cluster: BenchCluster, size: Size, asOf: Date, say: (line: string) => void): Promise<Record<Kind, Loaded>> {
  const database = await cluster.empty();
  const service = await startProcess(database, asOf);
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  try {
    for (const { key, type, options } of customFields) await service.json('POST', '/custom-fields', { key, label: key, type, ...(options.length > 0 ? { options } : {}) });
    const world = new GeneratedWorld(size, asOf, database.tenantId);
    const send = async (what: Kind, lines: Iterable<string>, rowOf: (line: string) => object): Promise<Loaded> => {
      const active = await activeMs(owner);
      const [begun, cpu] = [performance.now(), service.cpuMs()];
      let rows = 0;
      const chunks = inChunks(lines, perRequest);
      await Promise.all(Array.from({ length: atOnce }, async () => {
        for (const chunk of chunks) {
          const answer = await service.json<{ failed: object[] }>('POST', `/${what}/batch`, { [what]: chunk.map(rowOf) });
          if (answer.failed.length > 0) throw new Error(`${what} were refused: ${JSON.stringify(answer.failed[0])}`);
          const before = rows;
          rows += chunk.length;
          if (Math.floor(rows / 1_000_000) > Math.floor(before / 1_000_000)) say(`${rows.toLocaleString('en')} ${what}, ${rate(rows, performance.now() - begun)}`);
        }
      }));
      const [ms, processMs] = [performance.now() - begun, service.cpuMs() - cpu];
      return { rows, ms: round(ms), processMs, databaseMs: round(await activeMs(owner) - active), peakMb: service.peakMb() };
    };
    const contacts = await send('contacts', world.contactLines(), contactOf);
    return { contacts, events: await send('events', world.eventLines(), eventOf) };
  } finally {
    await service.stop();
    await owner.end();
  }
}

/** Once sessions have told the server: they do so a second after their last statement at the latest. */
async function activeMs(owner: pg.Client): Promise<number> {
  await wait(1500);
  const { rows } = await owner.query<{ active: number }>('select active_time as active from pg_stat_database where datname = current_database()');
  return rows[0]!.active;
}

async function loadByCopy(cluster: BenchCluster, size: Size, asOf: Date): Promise<Record<Kind, number>> {
  const { url, tenantId } = await cluster.empty();
  const owner = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await owner.connect();
  const copy = async (into: string, lines: Iterable<string>): Promise<number> => {
    const begun = performance.now();
    for (const chunk of inChunks(lines, perTransaction)) await pipeline(Readable.from([chunk.join('')]), owner.query(copyFrom(`copy ${into} from stdin`)));
    return performance.now() - begun;
  };
  try {
    const world = new GeneratedWorld(size, asOf, tenantId);
    const contacts = await copy('contact (tenant_id, id, email, country, state, city, timezone, zone, subscription_status, lead_score, tags, custom, created_at, updated_at)', world.contactLines());
    return { contacts, events: await copy('contact_event (tenant_id, id, contact_id, type, occurred_at, campaign_id, url, device, revenue, properties, received_at)', world.eventLines()) };
  } finally {
    await owner.end();
  }
}

const keyOfField = new Map<string, string>(customFields.map(({ id, key }) => [id, key]));
const set = (text: string | undefined): string | undefined => (text === '\\N' ? undefined : text);

/** A line of COPY as a client would send it: custom fields by their keys. */
function contactOf(line: string): object {
  const [, , email, country, state, city, timezone, , subscriptionStatus, score, tags, custom, createdAt] = line.trimEnd().split('\t');
  return {
    email, country, state, city, timezone, subscriptionStatus, createdAt, ...(set(score) === undefined ? {} : { leadScore: Number(score) }),
    tags: JSON.parse(`[${tags!.slice(1, -1)}]`) as string[],
    customFields: Object.fromEntries(Object.entries(JSON.parse(custom!) as object).map(([id, value]) => [keyOfField.get(id)!, value as unknown])),
  };
}

/** The same of an event: whose it is says the address, since the service has made ids of its own. */
function eventOf(line: string): object {
  const [, id, contact, type, occurredAt, campaignId, url, device, revenue] = line.trimEnd().split('\t');
  return {
    id, email: `contact-${parseInt(contact!.slice(0, 8), 16) - 0x0190_0000}@example.com`, type, occurredAt, campaignId: set(campaignId), url: set(url), device: set(device),
    ...(set(revenue) === undefined ? {} : { revenue: Number(revenue) }),
  };
}

function* inChunks(lines: Iterable<string>, most: number): Generator<string[]> {
  let chunk: string[] = [];
  for (const line of lines) {
    chunk.push(line);
    if (chunk.length < most) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function rate(rows: number, ms: number): string {
  return `${Math.round(rows / ms * 1000).toLocaleString('en')}/s`;
}
