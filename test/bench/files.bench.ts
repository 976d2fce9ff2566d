import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { BenchCluster } from './cluster.js';
import { median, round } from './measure.js';
import { startProcess } from './service-process.js';
import type { Size } from './world.js';

const targets = { export: 0.5, peakMb: 256 } as const;

/** The same rows by the service and by COPY. */
export interface FileFigure {
  readonly what: string;
  readonly rows: number;
  readonly ms: number;
  readonly baselineMs: number;
  /** The service's rate to that of COPY. */
  readonly ratio: number;
  /** The most that the process had in memory, from its start on. */
  readonly peakMb: number;
}

export interface FilesReport {
  readonly targets: typeof targets;
  readonly figures: readonly FileFigure[];
  /** The peak of an export and of an import, to that of ones of a tenth of the rows. */
  readonly growth: { readonly exported: number; readonly imported: number };
}

interface Setup { readonly cluster: BenchCluster; readonly size: Size; readonly runs: number; readonly asOf: Date; readonly say: (line: string) => void }

/** Exports and imports of all contacts as CSV, each in a process of its own, beside COPY of the same columns. */
export async function measureFiles(setup: Setup): Promise<FilesReport> {
  const folder = await mkdtemp(join(tmpdir(), 'contact-segments-files-'));
  try {
    const tenth = Math.ceil(setup.size.contacts / 10);
    const out = await exported(setup, folder);
    const some = await exported({ ...setup, runs: 1 }, folder, tenth);
    const small = await imported(setup, folder, 'tenth.csv', tenth);
    const all = await imported(setup, folder, 'all.csv', setup.size.contacts);
    return { targets, figures: [out, all, small], growth: { exported: round(out.peakMb / some.peakMb), imported: round(all.peakMb / small.peakMb) } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** All members of a segment of everybody, or of so many; what came is kept as the file of the import. */
async function exported({ cluster, runs, asOf, say }: Setup, folder: string, most?: number): Promise<FileFigure> {
  await cluster.reset();
  const service = await startProcess(cluster, asOf);
  try {
    const path = join(folder, most === undefined ? 'all.csv' : 'tenth.csv');
    const rules = { match: 'all', groups: most === undefined ? [] : [{ match: 'all', conditions: [{ random: { salt: 'files', from: 0, to: 10 } }] }] };
    const { id } = await service.json<{ id: string }>('POST', '/segments', { name: 'Exported', type: 'dynamic', rules });
    await service.json('POST', `/segments/${id}/refresh`, { waitSeconds: 60 });
    const [ours, byCopy]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < runs; turn += 1) {
      const begun = performance.now();
      const answer = await service.send('GET', `/segments/${id}/export?format=csv&fields=${fields.join()}`);
      await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(path));
      ours.push(performance.now() - begun);
      byCopy.push(await copied(cluster.url, `copy (select ${columns.map((column) => `c.${column}`).join()} from segment_member m
        join contact c on c.tenant_id = m.tenant_id and c.id = m.contact_id where m.segment_id = '${id}' order by m.contact_id) to stdout (format csv)`, join(folder, 'copy.csv')));
    }
    const rows = (readFileSync(path, 'latin1').match(/\n/g)?.length ?? 1) - 1;
    return figure('export as CSV', rows, median(ours), median(byCopy), service.peakMb(), say);
  } finally {
    await service.stop();
  }
}

/** Into a tenant without contacts: the file as it was exported, and the same rows by COPY into the table with all its constraints. */
async function imported({ cluster, asOf, say }: Setup, folder: string, name: string, rows: number): Promise<FileFigure> {
  await cluster.reset();
  const owner = new pg.Client({ connectionString: cluster.url });
  await owner.connect();
  const service = await startProcess(cluster, asOf);
  try {
    const path = join(folder, name);
    const other = await service.tenant();
    const third = await service.tenant();
    const begun = performance.now();
    const { id } = await service.upload<{ id: string }>('/imports', path, (await stat(path)).size, other.apiKey);
    let done: { status: string; created: number };
    do {
      await wait(100);
      done = await service.json<{ status: string; created: number }>('GET', `/imports/${id}`, undefined, other.apiKey);
    } while (done.status === 'queued' || done.status === 'running');
    const ms = performance.now() - begun;
    if (done.status !== 'succeeded') throw new Error(`the import of ${rows} rows is ${done.status}`);
    const copyFile = join(folder, 'contacts.copy');
    await copied(cluster.url, `copy (select '${third.id}', id, email, zone, ${columns.filter((column) => column !== 'email').join()}, custom, created_at, updated_at from contact where tenant_id = '${other.id}') to stdout`, copyFile);
    const start = performance.now();
    await pipeline(createReadStream(copyFile), owner.query(copyFrom(`copy contact (tenant_id, id, email, zone, ${columns.filter((column) => column !== 'email').join()}, custom, created_at, updated_at) from stdin`)));
    return figure('import as CSV', done.created, ms, performance.now() - start, service.peakMb(), say);
  } finally {
    await service.stop();
    await owner.end();
  }
}

const fields = ['email', 'firstName', 'lastName', 'company', 'jobTitle', 'phone', 'country', 'state', 'city', 'timezone', 'source', 'subscriptionStatus', 'leadScore', 'tags'] as const;
const columns = ['email', 'first_name', 'last_name', 'company', 'job_title', 'phone', 'country', 'state', 'city', 'timezone', 'source', 'subscription_status', 'lead_score', 'tags'] as const;

async function copied(url: string, statement: string, path: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const begun = performance.now();
    await pipeline(client.query(copyTo(statement)), createWriteStream(path));
    return performance.now() - begun;
  } finally {
    await client.end();
  }
}

function figure(what: string, rows: number, ms: number, baselineMs: number, peakMb: number, say: (line: string) => void): FileFigure {
  const measured = { what, rows, ms: round(ms), baselineMs: round(baselineMs), ratio: round(baselineMs / ms), peakMb };
  say(`${what}, ${rows} rows: ${measured.ms} ms, COPY ${measured.baselineMs} ms, ${measured.ratio} of its rate, peak ${peakMb} MB`);
  return measured;
}
