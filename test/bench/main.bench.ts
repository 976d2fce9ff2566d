import { type AnalyticsReport, makePast, measureAnalytics } from './analytics.bench.js';
import { type BenchCluster, openCluster } from './cluster.js';
import { type CycleFigure, CycleMeasurement } from './cycle.bench.js';
import { measureEstimates } from './estimates.bench.js';
import { measureFiles } from './files.bench.js';
import { measureLoad } from './load.bench.js';
import { type Options, readOptions } from './options.js';
import { type CycleReport, type Measured, writeReport } from './report.js';
import { type BenchService, startBenchService } from './service.js';
import { measureReads } from './reads.bench.js';
import { measureIngest, measureStream, type StreamReport } from './stream.bench.js';
import { measureTemplates } from './templates.bench.js';
import { measureWorst } from './worst.bench.js';
import type { Size } from './world.js';

// npm run bench [-- --small --only cycle,growth --data-dir /var/tmp/bench]: see CONTRIBUTING.md
const asOf = new Date('2026-03-01T12:00:00Z');
const say = (line: string): void => { process.stdout.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`); };
const options = readOptions();
let open: BenchCluster | null = null;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { void open?.stop().finally(() => process.exit(130)); });
}

await inCluster(options.dataDir, options.size, async (cluster) => { await measureAll(cluster, options); });
if (options.parts.has('growth')) await keep({ tenth: await measureTenth() });

/** Each part by itself as soon as it is measured: a run at full size takes hours, and may be ended. */
async function keep(measured: Measured): Promise<void> {
  if (options.templates === null) await writeReport(options, measured);
}

async function measureAll(cluster: BenchCluster, { size, runs, parts, templates, explain }: Options): Promise<void> {
  if (parts.has('cycle') || parts.has('growth') || parts.has('stream')) await measureCycles(cluster);
  if (parts.has('templates')) {
    await keep({ templates: await withService(cluster, 'all', async (service) => await measureTemplates({ service, asOf, runs, only: templates, explain, say })) });
  }
  if (parts.has('analytics')) await keep({ analytics: await measureReports(cluster, runs) });
  if (parts.has('files')) await keep({ files: await measureFiles({ cluster, size, runs, asOf, say }) });
  if (parts.has('estimates')) await keep({ estimates: await withService(cluster, 'api', async (service) => await measureEstimates({ service, asOf, runs, say })) });
  if (parts.has('reads')) await keep({ reads: await measureReads({ cluster, size, runs, asOf, say }) });
  if (parts.has('worst')) await keep({ worst: await measureWorst({ cluster, asOf, say }) });
  if (parts.has('load')) await keep({ load: await measureLoad({ cluster, size, asOf, say }) });
}

/** The past is made by cycles one by one; a launch then wants workers. */
async function measureReports(cluster: BenchCluster, runs: number): Promise<AnalyticsReport> {
  await withService(cluster, 'api', async (service) => { await makePast(service, { asOf, runs, say }); });
  return await withService(cluster, 'all', async (service) => await measureAnalytics(service, { asOf, runs, say }), { keep: true });
}

/** In one world, whose segments grow from ten to three hundred; the stream finds a hundred again. */
async function measureCycles(cluster: BenchCluster): Promise<void> {
  const { size, runs, parts, streamSeconds } = options;
  const end = await withService(cluster, 'api', async (service) => {
    const measurement = new CycleMeasurement({ service, size, asOf, runs, say });
    const grown: CycleFigure[] = [];
    const afterMany = async (): Promise<CycleFigure> => await measurement.afterChanges(`${sameNumber(size).toLocaleString('en')} contacts changed`, sameNumber(size), null);
    if (parts.has('growth')) {
      await measurement.fill(10);
      grown.push(await afterMany());
    }
    if (parts.has('cycle')) await keep({ cycle: await measureCycle(measurement, size, afterMany) });
    else await measurement.fill(100);
    if (parts.has('growth')) {
      grown.push(await afterMany());
      await measurement.fill(300);
      grown.push(await afterMany());
      await keep({ segments: grown });
    }
    await measurement.keep(100);
    return measurement.now;
  });
  if (parts.has('stream')) await keep({ stream: await measureStreams(cluster, size, end, streamSeconds) });
}

/** A hundred segments, and what a cycle over them costs after each kind of change. */
async function measureCycle(measurement: CycleMeasurement, size: Size, afterMany: () => Promise<CycleFigure>): Promise<CycleReport> {
  const firstFill = await measurement.firstFill(100);
  const figures: CycleFigure[] = [];
  for (const [share, target] of [[0.001, 200], [0.01, 50], [0.1, null]] as const) {
    const contacts = Math.round(size.contacts * share);
    figures.push(await measurement.afterChanges(`${share * 100} % of contacts changed (${contacts.toLocaleString('en')})`, contacts, target));
  }
  const many = await afterMany();
  const one = await measurement.afterChanges('one contact changed', 1, null);
  figures.push(many, one, ...await measurement.afterTime());
  return { firstFill, figures, oneToMany: one.ms / many.ms };
}

/** The same number of changed contacts, among a tenth of the data. */
async function measureTenth(): Promise<CycleFigure> {
  const { size, dataDir, runs } = options;
  const small: Size = { contacts: Math.round(size.contacts / 10), events: Math.round(size.events / 10), seed: size.seed };
  return await inCluster(dataDir === null ? null : `${dataDir}-tenth`, small, async (cluster) => await withService(cluster, 'api', async (service) => {
    const measurement = new CycleMeasurement({ service, size: small, asOf, runs, say });
    await measurement.fill(100);
    return await measurement.afterChanges(`${sameNumber(size).toLocaleString('en')} contacts changed, a tenth of the data`, sameNumber(size), null);
  }));
}

async function measureStreams(cluster: BenchCluster, size: Size, now: Date, seconds: number): Promise<StreamReport> {
  const live = await withService(cluster, 'all', async (service) => await measureStream(service, size, now, seconds, say), { keep: true, now });
  const ingestAlone = await withService(cluster, 'api', async (service) => await measureIngest(service, size, now, 10), { keep: true, now });
  say(`${ingestAlone.toFixed(0)} events/s alone, one request after the other`);
  return { ...live, ingestAlone };
}

/** Ten thousand, or a hundredth of fewer contacts than a million: so many can change among a tenth of the data, too. */
function sameNumber({ contacts }: Size): number {
  return Math.min(10_000, Math.round(contacts / 100));
}

async function inCluster<T>(dataDir: string | null, size: Size, work: (cluster: BenchCluster) => Promise<T>): Promise<T> {
  open = await openCluster(dataDir, size, asOf, say);
  try {
    return await work(open);
  } finally {
    await open.stop();
  }
}

/** Each part begins with the rows as generated, unless it goes on with those that are there. */
async function withService<T>(cluster: BenchCluster, role: 'api' | 'all', work: (service: BenchService) => Promise<T>, { keep = false, now = asOf } = {}): Promise<T> {
  if (!keep) await cluster.reset();
  const service = await startBenchService(cluster, role, now, say);
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}
