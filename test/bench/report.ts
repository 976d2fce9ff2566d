import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { AnalyticsReport } from './analytics.bench.js';
import type { CycleFigure } from './cycle.bench.js';
import { drawCycles } from './cycle-chart.js';
import type { EstimatesReport } from './estimates.bench.js';
import type { FilesReport } from './files.bench.js';
import type { LoadReport } from './load.bench.js';
import { page } from './page.js';
import type { ReadsReport } from './reads.bench.js';
import type { Options } from './options.js';
import type { StreamReport } from './stream.bench.js';
import type { TemplateFigures } from './templates.bench.js';
import type { WorstReport } from './worst.bench.js';
import type { Size } from './world.js';

export interface CycleReport {
  readonly firstFill: CycleFigure;
  readonly figures: readonly CycleFigure[];
  /** What a cycle takes after one contact changed, to what it takes after many. */
  readonly oneToMany: number;
}

/** What a run measured: the parts that it was asked for. */
export interface Measured {
  templates?: readonly TemplateFigures[];
  cycle?: CycleReport;
  /** The same change with ten, a hundred and three hundred segments. */
  segments?: readonly CycleFigure[];
  /** The same change among a tenth of the data. */
  tenth?: CycleFigure;
  stream?: StreamReport;
  analytics?: AnalyticsReport;
  files?: FilesReport;
  load?: LoadReport;
  reads?: ReadsReport;
  estimates?: EstimatesReport;
  worst?: WorstReport;
}

/** Where a part was measured: parts of one report may come from several runs. */
export interface RunOf {
  readonly commit: string;
  readonly machine: { readonly cpus: number; readonly cpu: string; readonly memoryGb: number; readonly node: string };
  readonly size: Size;
  readonly runs: number;
}

export interface Report extends Measured {
  readonly measuredIn: Partial<Record<keyof Measured, RunOf>>;
}

const docs = resolve(import.meta.dirname, '../../docs');

/** Writes performance.json, and the tables and the chart that are drawn from it. Parts not measured stay as they were. */
export async function writeReport({ out, size, runs }: Options, measured: Measured): Promise<void> {
  const folder = out ?? docs;
  await mkdir(folder, { recursive: true });
  const before: Partial<Report> = await readFile(resolve(folder, 'performance.json'), 'utf8').then((text) => JSON.parse(text) as Partial<Report>, () => ({}));
  const run: RunOf = {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim(),
    machine: { cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', memoryGb: Math.round(totalmem() / 2 ** 30), node: process.versions.node },
    size, runs,
  };
  const fresh = Object.fromEntries(Object.keys(measured).map((part) => [part, run]));
  const report = { ...(before.measuredIn === undefined ? {} : before), ...measured, measuredIn: { ...before.measuredIn, ...fresh } } as Report;
  await writeFile(resolve(folder, 'performance.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(resolve(folder, 'performance.md'), page(report));
  if (report.cycle !== undefined) await writeFile(resolve(folder, 'performance-cycle.svg'), drawCycles(report.cycle.figures));
}
