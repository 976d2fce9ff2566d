import { type AnalyticsReport, makePast, measureAnalytics } from './analytics.bench.js';
import { type BenchCluster, openCluster } from './cluster.js';
import { CycleMeasurement } from './cycle.bench.js';
import { measureEstimates } from './estimates.bench.js';
import { measureFiles } from './files.bench.js';
import { measureLoad } from './load.bench.js';
import { type Options, readOptions } from './options.js';
import { type CycleReport, type Measured, writeReport } from './report.js';
import { type BenchService, startBenchService } from './service.js';
import { measureReads } from './reads.bench.js';
import { measureIngest, measureStream, type StreamReport } from './stream.bench.js';
import { measureTemplates } from './templates.bench.js';
import type { Size } from './world.js';

// npm run bench [-- --small --only cycle,growth --data-dir /var/tmp/bench]: see CONTRIBUTING.md
const asOf = new Date('2026-03-01T12:00:00Z');
const say = (line: string): void => { process.stdout.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`); };
const options = readOptions();
let open: BenchCluster | null = null;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { void open?.stop().finally(() => process.exit(130)); });
}

const measured = await inCluster(options.dataDir, options.size, async (cluster) => await measureAll(cluster, options));
const tenth = options.parts.has('growth') ? await measureTenth() : null;
if (options.templates === null) await writeReport(options, { ...measured, ...(tenth === null ? {} : { tenth }) });

async function measureAll(cluster: BenchCluster, { size, runs, parts, templates, explain, streamSeconds }: Options): Promise<Measured> {
  const result: Measured = {};
  if (parts.has('templates')) {
    result.templates = await withService(cluster, 'all', async (service) => await measureTemplates({ service, asOf, runs, only: templates, explain, say }));
  }
  if (parts.has('cycle')) result.cycle = await withService(cluster, 'api', async (service) => await measureCycle(service, size, runs));
  if (parts.has('growth')) result.segments = await withService(cluster, 'api', async (service) => await measureSegments(service, size, runs));
  if (parts.has('stream')) result.stream = await measureStreams(cluster, size, streamSeconds);
  if (parts.has('analytics')) result.analytics = await measureReports(cluster, runs);
  if (parts.has('files')) result.files = await measureFiles({ cluster, size, runs, asOf, say });
  if (parts.has('estimates')) result.estimates = await withService(cluster, 'api', async (service) => await measureEstimates({ service, asOf, runs, say }));
  if (parts.has('reads')) result.reads = await measureReads({ cluster, size, runs, asOf, say });
  if (parts.has('load')) result.load = await measureLoad({ cluster, size, asOf, say });
  return result;
}

/** The past is made by cycles one by one; a launch then wants workers. */
async function measureReports(cluster: BenchCluster, runs: number): Promise<AnalyticsReport> {
  await withService(cluster, 'api', async (service) => { await makePast(service, { asOf, runs, say }); });
  return await withService(cluster, 'all', async (service) => await measureAnalytics(service, { asOf, runs, say }), { keep: true });
}

/** A hundred segments, and what a cycle over them costs after each kind of change. */
async function measureCycle(service: BenchService, size: Size, runs: number): Promise<CycleReport> {
  const measurement = new CycleMeasurement({ service, size, asOf, runs, say });
  const firstFill = await measurement.fill(100);
  for (const [share, target] of [[0.001, 200], [0.01, 50], [0.1, null]] as const) {
    const contacts = Math.round(size.contacts * share);
    await measurement.afterChanges(`${share * 100} % of contacts changed (${contacts.toLocaleString('en')})`, contacts, target);
  }
  const many = await measurement.afterChanges(`${sameNumber(size).toLocaleString('en')} contacts changed`, sameNumber(size), null);
  const one = await measurement.afterChanges('one contact changed', 1, null);
  await measurement.afterTime();
  return { firstFill, figures: measurement.figures, oneToMany: one.ms / many.ms };
}

/** The same share of contacts changed, with ten, a hundred and three hundred segments. */
async function measureSegments(service: BenchService, size: Size, runs: number): Promise<CycleReport> {
  const measurement = new CycleMeasurement({ service, size, asOf, runs, say });
  const firstFill = await measurement.fill(10);
  for (const segments of [10, 100, 300]) {
    if (segments > 10) await measurement.fill(segments);
    await measurement.afterChanges(`${sameNumber(size).toLocaleString('en')} contacts changed`, sameNumber(size), null);
  }
  return { firstFill, figures: measurement.figures, oneToMany: null };
}

/** The same number of changed contacts, among a tenth of the data. */
async function measureTenth(): Promise<CycleReport> {
  const { size, dataDir, runs } = options;
  const small: Size = { contacts: Math.round(size.contacts / 10), events: Math.round(size.events / 10), seed: size.seed };
  return await inCluster(dataDir === null ? null : `${dataDir}-tenth`, small, async (cluster) => await withService(cluster, 'api', async (service) => {
    const measurement = new CycleMeasurement({ service, size: small, asOf, runs, say });
    const firstFill = await measurement.fill(100);
    await measurement.afterChanges(`${sameNumber(size).toLocaleString('en')} contacts changed, a tenth of the data`, sameNumber(size), null);
    return { firstFill, figures: measurement.figures, oneToMany: null };
  }));
}

async function measureStreams(cluster: BenchCluster, size: Size, seconds: number): Promise<StreamReport> {
  const live = await withService(cluster, 'api', async (service) => {
    await new CycleMeasurement({ service, size, asOf, runs: 1, say }).fill(100);
  }).then(async () => await withService(cluster, 'all', async (service) => await measureStream(service, size, asOf, seconds, say), { keep: true }));
  const ingestAlone = await withService(cluster, 'api', async (service) => await measureIngest(service, size, asOf, 10), { keep: true });
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
async function withService<T>(cluster: BenchCluster, role: 'api' | 'all', work: (service: BenchService) => Promise<T>, { keep = false } = {}): Promise<T> {
  if (!keep) await cluster.reset();
  const service = await startBenchService(cluster, role, asOf, say);
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}
