import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { Size } from './world.js';

/** A figure beside its baseline, both medians in milliseconds. */
export interface Figure {
  readonly ms: number;
  readonly baselineMs: number;
  readonly ratio: number;
  readonly holds: boolean;
}

export interface TemplateFigures {
  readonly number: number;
  readonly name: string;
  readonly members: number;
  /** The members' statement against the hand-written one. */
  readonly query: Figure;
  /** The exact preview over HTTP against a hand-written count. */
  readonly preview: Figure;
  /** The full refresh against the hand-written statement and the cheapest correct difference. */
  readonly refresh: Figure;
  /** The full refresh against the guide's own way. */
  readonly guide: Figure;
}

const folder = resolve(import.meta.dirname, '../../docs');

/** Writes docs/performance.json, and the table drawn from it. */
export async function writeReport(size: Size, versions: Record<string, string>, templates: readonly TemplateFigures[]): Promise<void> {
  const report = {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim(),
    machine: { cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', memoryGb: Math.round(totalmem() / 2 ** 30), ...versions },
    size, templates,
  };
  await writeFile(resolve(folder, 'performance.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(resolve(folder, 'performance.md'), page(report));
}

function page({ commit, machine, size, templates }: {
  commit: string; machine: { cpus: number; cpu: string; memoryGb: number }; size: Size; templates: readonly TemplateFigures[];
}): string {
  const cell = ({ ms, baselineMs, ratio, holds }: Figure): string => `${ms.toFixed(1)} / ${baselineMs.toFixed(1)} = ${ratio.toFixed(2)}${holds ? '' : ' ✗'}`;
  const rows = templates.map(({ number, name, members, query, preview, refresh, guide }) =>
    `| ${number} | ${name} | ${members.toLocaleString('en')} | ${cell(query)} | ${cell(preview)} | ${cell(refresh)} | ${cell(guide)} |`);
  const held = (of: 'preview' | 'refresh' | 'guide'): string => `${templates.filter((row) => row[of].holds).length} of ${templates.length}`;
  return `# Performance

Drawn from \`performance.json\` by \`npm run bench\`: ${size.contacts.toLocaleString('en')} contacts and ${size.events.toLocaleString('en')} events of seed ${size.seed}, at commit ${commit},
on ${machine.cpus} processors (${machine.cpu}) with ${machine.memoryGb} GB. Every baseline is measured in the same run, turn by turn with the figure beside it; both are medians in
milliseconds. Hand-written statements: \`test/bench/baseline.sql.ts\`; that they find the very same contacts is checked first.

| figure | baseline | target | held |
|---|---|---|---|
| exact preview, over HTTP | hand-written \`count(*)\` | ≤ 1.2 times + 20 ms | ${held('preview')} |
| full refresh | hand-written statement and the cheapest correct difference | ≤ 1.3 times | ${held('refresh')} |
| full refresh | the guide's way: a query a condition, delete, insert again | ≥ 5 times faster | ${held('guide')} |

Each cell: ours / baseline = ratio; ✗ marks a target missed.

| # | segment | members | members' statement | preview | full refresh | against the guide's way |
|---:|---|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}
