import type { CycleFigure } from './cycle.bench.js';
import type { Figure } from './measure.js';
import type { Report, RunOf } from './report.js';
import type { TemplateFigures } from './templates.bench.js';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value));

/** The report as Markdown. */
export function page(report: Report): string {
  const parts = [cycles(report), growth(report), stream(report), analytics(report), files(report), load(report), reads(report), estimates(report), worst(report), templates(report)].filter((part) => part !== null);
  return `# Performance

Drawn from \`performance.json\` by \`npm run bench\`. Every baseline is measured in the same run as the figure beside it. Statements by hand:
\`test/bench/hand-written.sql.ts\`; that the service's segments have the very same members is checked before a figure counts: of a ninth of them after each turn, and the counts of all.

${parts.join('\n')}`;
}

/** `turns` are said where a table does not say them row by row. */
function where(run: RunOf | undefined, turns = true): string {
  if (run === undefined) return '';
  const { size, machine, commit, runs } = run;
  return `${whole(size.contacts)} contacts and ${whole(size.events)} events of seed ${size.seed}; commit ${commit}; ${machine.cpus} processors (${machine.cpu}), ${machine.memoryGb} GB, Node ${machine.node}`
    + (turns ? `; medians of ${runs} ${runs === 1 ? 'turn' : 'turns'}.` : '.');
}

function cycles({ cycle, measuredIn }: Report): string | null {
  if (cycle === undefined) return null;
  return `## The refresh cycle

${where(measuredIn.cycle, false)}

A hundred segments: the guide's 26, the four that they refer to, and variants of other countries, thresholds, windows, zones and devices, a third of
all with references. Half of the changed contacts are patched, half have new events, through the service's batches; a minute passes. A figure is one whole
cycle, from taking the lock to the last commit, and the median of so many turns. Baseline: what recomputing all segments takes, each by its hand-written statement, members only counted,
references read from stored members.

![How long a cycle takes, beside recomputing](performance-cycle.svg)

${table(cycle.figures)}

| | ms | by hand, ms | ratio |
|---|---:|---:|---:|
| ${cycle.firstFill.what} (by hand: ${cycle.firstFill.baseline}) | ${ms(cycle.firstFill.ms)} | ${ms(cycle.firstFill.baselineMs)} | ${cycle.firstFill.ratio.toFixed(2)} |

A cycle after one changed contact takes ${cycle.oneToMany.toFixed(3)} of one after many (target: at most 0.125${cycle.oneToMany <= 0.125 ? '' : ' ✗'}).
`;
}

function growth({ segments, tenth, measuredIn }: Report): string | null {
  if (segments === undefined || tenth === undefined) return null;
  const large = segments.find((figure) => figure.segments === 100);
  const ratio = large === undefined ? null : large.ms / tenth.ms;
  return `## Growth

${where(measuredIn.segments, false)}

${table([...segments, tenth])}
${ratio === null ? '' : `\nWith ten times the data and the same number of changed contacts, a cycle takes ${ratio.toFixed(2)} times as long (target: at most 1.5${ratio <= 1.5 ? '' : ' ✗'}).\n`}`;
}

function table(figures: readonly CycleFigure[]): string {
  const rows = figures.map(({ what, segments, turns, ms: ours, baselineMs, added, removed, target, holds }) =>
    `| ${what} | ${segments} | ${whole(added)} / ${whole(removed)} | ${turns ?? ''} | ${ms(ours)} | ${ms(baselineMs)} | ${(baselineMs / ours).toFixed(1)} | ${target === null ? '' : `${target}${holds ? '' : ' ✗'}`} |`);
  return `| what happened | segments | entered / left | turns | cycle, ms | recomputed by hand, ms | times faster | target |
|---|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}`;
}

function stream({ stream: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const rows = [report.live, ...(report.tooMuch === null ? [] : [report.tooMuch])].map(({ eventsPerSecond, seconds, medianAgeMs, worstAgeMs, holds }) =>
    `| ${whole(eventsPerSecond)} | ${seconds} s | ${ms(medianAgeMs)} | ${ms(worstAgeMs)} | ${holds ? 'yes' : 'no'} |`);
  return `## A steady stream of events

${where(measuredIn.stream)}

Events over HTTP, ${report.perRequest} a request, to one process that takes them in and refreshes a hundred segments as well. How far the segments are
behind: the age of the oldest change not yet applied, sampled each 250 ms, to the end of the last. The rate doubles until it is ever older than
${report.limitMs / 1000} s; the highest that held is kept up. With no refresh at all, one request after the other, the process takes in ${whole(report.ingestAlone)} events a second.

| events a second | for | age, median ms | age, worst ms | within ${report.limitMs / 1000} s |
|---:|---:|---:|---:|---|
${rows.join('\n')}
`;
}

function analytics({ analytics: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const rows = report.figures.map(({ what, ms: ours, baseline, limitMs, holds }) =>
    `| ${what} | ${ms(ours)} | ${baseline === null ? '' : `${ms(baseline.baselineMs)} (${baseline.what})`} | ${baseline === null ? '' : baseline.ratio.toFixed(2)} | ${[
      ...(baseline === null ? [] : [`≤ ${baseline.times} times`]), ...(limitMs === null ? [] : [`≤ ${limitMs} ms`])].join(', ')}${holds ? '' : ' ✗'} |`);
  return `## Campaigns and analytics

${where(measuredIn.analytics)}

${report.segments} segments with a past of ${report.days} days, ${whole(report.changes)} entries and exits in them; a launch to ${whole(report.recipients)} contacts. That the rows of the
rollup and the recipients are the very same as by hand is checked before a figure counts; statements by hand: \`test/bench/hand-written-analytics.sql.ts\`. Readings are over HTTP.

| what | ms | by hand, ms | ratio | target |
|---|---:|---:|---:|---|
${rows.join('\n')}
`;
}

function files({ files: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const { figures, growth: grown, targets } = report;
  const rows = figures.map(({ what, rows: count, ms: ours, baselineMs, ratio, peakMb }) =>
    `| ${what} | ${whole(count)} | ${whole(count / ours * 1000)} | ${whole(count / baselineMs * 1000)} | ${ratio.toFixed(2)} | ${whole(peakMb)} |`);
  return `## Files

${where(measuredIn.files)}

Contacts as CSV, 14 columns, over HTTP to and from a process of its own. Baseline: \`COPY\` of the same columns, to a file, and into the same table with its
constraints. An import is everything from the first byte sent to the last row stored, each validated and looked up, with what a rollback needs. Targets: an export at
${targets.export} of the rate of \`COPY\`, within ${targets.peakMb} MB. With ten times the rows the peak is ${grown.exported.toFixed(2)} times as high for an export, and ${grown.imported.toFixed(2)} times for an import.

| what | rows | rows a second | by COPY | ratio | peak, MB |
|---|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

function load({ load: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const { figures, perRequest, atOnce, target } = report;
  const rows = figures.map(({ what, rows: count, ms: ours, baselineMs, ratio, processMs, databaseMs, peakMb }) =>
    `| ${what} | ${whole(count)} | ${whole(count / ours * 1000)} | ${whole(count / baselineMs * 1000)} | ${ratio.toFixed(2)} | ${(processMs / ours).toFixed(2)} | ${(databaseMs / ours).toFixed(2)} | ${whole(peakMb)} |`);
  return `## A first load

${where(measuredIn.load)}

The whole tenant over HTTP into an empty database, ${whole(perRequest)} rows a request, ${atOnce} requests at once, with every check and all that follows from an event.
Baseline: \`COPY\` of the same rows into the same table of another, with its constraints, in transactions of 10,000; by the owner, since \`COPY FROM\` is refused to
a role that row-level security binds. How busy the service and its statements were: processor time of the process, and time of the sessions with a statement, to the
time of the clock. Target: events at ${target} of the rate of \`COPY\`.

| what | rows | rows a second | by COPY | ratio | process busy | statements busy | peak, MB |
|---|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

function reads({ reads: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const rows = report.figures.map(({ what, perSecond, baselinePerSecond, ratio, medianMs, p99Ms }) =>
    `| ${what} | ${whole(perSecond)} | ${whole(baselinePerSecond)} | ${ratio.toFixed(2)}${ratio >= report.target ? '' : ' ✗'} | ${ms(medianMs)} | ${ms(p99Ms)} |`);
  return `## Readings of one contact

${where(measuredIn.reads)}

Over ${report.connections} connections, of other contacts each time, the service in a process of its own. Baseline: a bare Fastify and pg handler, \`test/bench/bare-reads.mjs\`, that sends
the same statements: the tenant's setting, the key, the reading, the commit. The client shares the processors with either. Target: ${report.target} of its rate.

| what | a second | by the bare handler | ratio | median, ms | p99, ms |
|---|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

function estimates({ estimates: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const rows = report.figures.map(({ number, name, members, figure, covered }) =>
    `| ${number} | ${name} | ${whole(members)} | ${ms(figure.ms)} | ${ms(figure.baselineMs)} | ${figure.ratio.toFixed(2)}${figure.holds ? '' : ' ✗'} | ${covered === null ? 'counted' : `${(covered / report.draws * 100).toFixed(1)} %${Math.abs(covered / report.draws - 0.95) <= 0.02 ? '' : ' ✗'}`} |`);
  return `## Estimates

${where(measuredIn.estimates)}

The guide's segments that ask for events: the preview as it comes beside the exact one, both over HTTP. Targets: 0.1 of its time, and an interval that is right in 95 ± 2 % of
${whole(report.draws)} draws of other contacts. With few matches a preview counts after all: the sample would tell too little.

| # | segment | members | estimate, ms | exact, ms | ratio | right in |
|---:|---|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

function worst({ worst: report, measuredIn }: Report): string | null {
  if (report === undefined) return null;
  const { asked, others } = report;
  return `## The worst rules

${where(measuredIn.worst, false)}

Rules that are valid and as costly as the language lets them be (\`test/support/worst-rules.ts\`): an exact preview and one broken down of each, all at once, with
${report.statementSeconds} s for a statement. Another tenant writes and lists meanwhile, one request after the other. Target: its p99 at most ${report.target} times what it is alone.

| previews | answered | ended by the limit | had no turn in time | longest, ms | the other's requests | refused | p99 alone, ms | p99 meanwhile, ms | ratio | peak, MB |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
| ${asked.answered + asked.ended + asked.refused} | ${asked.answered} | ${asked.ended} | ${asked.refused} | ${whole(asked.longestMs)} | ${whole(others.requests)} | ${others.refused} | ${whole(others.p99AloneMs)} | ${whole(others.p99Ms)} | ${others.ratio.toFixed(2)}${others.ratio <= report.target ? '' : ' ✗'} | ${report.peakMb} |
`;
}

function templates({ templates: figures, measuredIn }: Report): string | null {
  if (figures === undefined) return null;
  const cell = (figure: Figure): string => `${figure.ms.toFixed(1)} / ${figure.baselineMs.toFixed(1)} = ${figure.ratio.toFixed(2)}${figure.holds ? '' : ' ✗'}`;
  const rows = figures.map(({ number, name, members, query, preview, refresh, guide }) =>
    `| ${number} | ${name} | ${whole(members)} | ${cell(query)} | ${cell(preview)} | ${cell(refresh)} | ${cell(guide)} |`);
  const held = (of: 'preview' | 'refresh' | 'guide'): string => `${figures.filter((row: TemplateFigures) => row[of].holds).length} of ${figures.length}`;
  return `## The guide's 26 segments, each alone

${where(measuredIn.templates)} Turn by turn with the baseline.

| figure | baseline | target | held |
|---|---|---|---|
| exact preview, over HTTP | hand-written \`count(*)\` | ≤ 1.2 times + 20 ms | ${held('preview')} |
| full refresh | hand-written statement and the cheapest correct difference | ≤ 1.3 times | ${held('refresh')} |
| full refresh | the guide's way: a query a condition, delete, insert again | ≥ 5 times faster | ${held('guide')} |

By hand, the statement with the cheapest difference is itself five times faster than the guide's way for ${figures.filter(({ refresh, guide }) => refresh.baselineMs * 5 <= guide.baselineMs).length} of ${figures.length}.

Each cell: ours / baseline = ratio, in ms; ✗ marks a target missed.

| # | segment | members | members' statement | preview | full refresh | against the guide's way |
|---:|---|---:|---:|---:|---:|---:|
${rows.join('\n')}
`;
}
