import { parseArgs } from 'node:util';
import { type Sql, sql, type TenantStatements } from '#database';
import { type SegmentDefinition, templates } from '#rules';
import { baselines } from './baseline.sql.js';
import { generate } from './generate.js';
import { refreshTheGuidesWay } from './guide-way.js';
import { type Figure, type TemplateFigures, writeReport } from './report.js';
import { type BenchService, startBenchService } from './service.js';
import { campaigns, customFields, type Size } from './world.js';

// npm run bench [-- --contacts 1000000 --events 20000000 --runs 7 --only 2,14 --explain]
const { values: options } = parseArgs({
  options: {
    contacts: { type: 'string', default: '100000' }, events: { type: 'string', default: '2000000' }, seed: { type: 'string', default: '26' },
    runs: { type: 'string', default: '7' }, only: { type: 'string' }, explain: { type: 'boolean', default: false }, small: { type: 'boolean' },
  },
});
const size: Size = { contacts: Number(options.contacts), events: Number(options.events), seed: Number(options.seed) };
const runs = Number(options.runs);
const asOf = new Date('2026-03-01T12:00:00Z');
const say = (line: string): void => { process.stdout.write(`${line}\n`); };

interface Made { id: string; name: string; number: number; rules: SegmentDefinition }

const bench = await startBenchService(asOf, say);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { void bench.stop().finally(() => process.exit(130)); });
}
try {
  await measureAll(bench);
} finally {
  await bench.stop();
}

async function measureAll(service: BenchService): Promise<void> {
  await generate(service.ownerUrl, service.tenantId, size, asOf, say);
  const segments = await makeSegments(service);
  const byHand = baselines({
    tenantId: service.tenantId, asOf, fields: Object.fromEntries(customFields.map(({ key, id }) => [key, id])),
    campaigns: Object.fromEntries(campaigns.map(({ name, id, externalId }) => [name, [id, externalId]])),
  });
  const figures: TemplateFigures[] = [];
  for (const segment of segments) {
    const measured = await measure(service, segment, byHand.get(segment.number)!);
    figures.push(measured);
    const cell = ({ ms, baselineMs, ratio, holds }: Figure): string => `${ms.toFixed(0)}/${baselineMs.toFixed(0)}=${ratio.toFixed(2)}${holds ? ' ' : '✗'}`.padStart(16);
    say(`${String(segment.number).padStart(2)} ${segment.name.padEnd(28)}${String(measured.members).padStart(8)} members; statement ${cell(measured.query)}  preview ${cell(measured.preview)}  refresh ${cell(measured.refresh)}  guide's way ${cell(measured.guide)}`);
  }
  if (options.only === undefined) await writeReport(size, { node: process.versions.node, postgresql: await versionOf(service) }, figures);
}

/** The 26 segments, filled once. */
async function makeSegments(service: BenchService): Promise<Made[]> {
  const only = options.only?.split(',').map(Number);
  const made: Made[] = [];
  for (const { key, number } of templates) {
    if (only !== undefined && !only.includes(number)) continue;
    const { id, name, rules } = await service.request<Omit<Made, 'number'>>('POST', `/segment-templates/${key}/instantiate`, { createMissing: true });
    await refresh(service, id);
    made.push({ id, name, number, rules });
  }
  return made;
}

async function measure(service: BenchService, { id, name, number, rules }: Made, hand: Sql): Promise<TemplateFigures> {
  const ours = await service.members(rules, id);
  await expectSame(service, name, ours, hand);
  if (options.explain) await explainBoth(service, ours, hand);
  const count = (statement: Sql): (() => Promise<number>) => timed(async () => {
    await inTenant(service, async (tx) => await tx.rows(sql`select count(*) from (${statement}) members`));
  });
  const query = await compare(count(ours), count(hand), 1.3, 0);
  const preview = await compare(timed(async () => { await service.request('POST', '/segments/preview', { rules, exact: true }); }), count(hand), 1.2, 20);
  const diff = timed(async () => { await inTenant(service, async (tx) => await tx.rows(cheapestDifference(service.tenantId, id, hand))); });
  const full = async (): Promise<number> => await refresh(service, id);
  const cheapest = await compare(full, diff, 1.3, 0);
  const guide = await compare(full, timed(async () => {
    await refreshTheGuidesWay(service.database, service.tenantId, id, rules, async (definition) => new Set(await idsOf(service, await service.members(definition))), asOf);
  }), 1 / 5, 0, Math.min(runs, 3));
  return { number, name, members: (await idsOf(service, hand)).length, query, preview, refresh: cheapest, guide };
}

/** Who should be in, against who is, in one statement; with nothing to change, that is all there is to do. */
function cheapestDifference(tenantId: string, segmentId: string, hand: Sql): Sql {
  return sql`select count(*) filter (where m.contact_id is null) as added, count(*) filter (where s.contact_id is null) as removed
    from (${hand}) s full join (select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid) m
      on m.contact_id = s.contact_id
    where s.contact_id is null or m.contact_id is null`;
}

/** A refresh of everything, by the service's own account of how long it took. */
async function refresh(service: BenchService, id: string): Promise<number> {
  const ended = await service.request<{ status: string; durationMs: number; error: string | null }>('POST', `/segments/${id}/refresh`, { mode: 'full', waitSeconds: 60 });
  if (ended.status !== 'succeeded') throw new Error(`a refresh is ${ended.status}: ${ended.error ?? ''}`);
  return ended.durationMs;
}

async function expectSame(service: BenchService, name: string, ours: Sql, hand: Sql): Promise<void> {
  const [difference] = await inTenant(service, async (tx) => await tx.rows<{ missing: string; extra: string }>(sql`
    with ours as materialized (${ours}), hand as materialized (${hand})
    select (select count(*) from (select contact_id from hand except all select contact_id from ours) a) as missing,
      (select count(*) from (select contact_id from ours except all select contact_id from hand) b) as extra`));
  if (difference?.missing !== '0' || difference.extra !== '0') throw new Error(`${name}: ours and the hand-written differ: ${JSON.stringify(difference)}`);
}

async function explainBoth(service: BenchService, ours: Sql, hand: Sql): Promise<void> {
  for (const [title, statement] of [['ours', ours], ['by hand', hand]] as const) {
    const rows = await inTenant(service, async (tx) => await tx.rows<Record<string, string>>(sql`explain (analyze, buffers) select count(*) from (${statement}) members`));
    say(`-- ${title}\n${rows.map((row) => row['QUERY PLAN']).join('\n')}`);
  }
}

/** Turn by turn, after one turn to warm up; the medians. */
async function compare(figure: () => Promise<number>, baseline: () => Promise<number>, times: number, plusMs: number, turns = runs): Promise<Figure> {
  const taken: [number[], number[]] = [[], []];
  for (let turn = 0; turn <= turns; turn += 1) {
    const pair = [await figure(), await baseline()] as const;
    if (turn > 0) pair.forEach((ms, at) => taken[at]!.push(ms));
  }
  const [ms, baselineMs] = taken.map(median) as [number, number];
  return { ms: round(ms), baselineMs: round(baselineMs), ratio: round(ms / baselineMs), holds: ms <= baselineMs * times + plusMs };
}

function timed(work: () => Promise<void>): () => Promise<number> {
  return async () => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
}

async function idsOf(service: BenchService, statement: Sql): Promise<string[]> {
  return (await inTenant(service, async (tx) => await tx.rows<{ contact_id: string }>(statement))).map((row) => row.contact_id);
}

async function inTenant<T>(service: BenchService, work: (tx: TenantStatements) => Promise<T>): Promise<T> {
  return await service.database.inTenant(service.tenantId, work, { isolation: 'repeatable read' });
}

async function versionOf(service: BenchService): Promise<string> {
  const [row] = await service.database.outsideTenants<{ version: string }>(sql`select current_setting('server_version') as version`);
  return row?.version ?? 'unknown';
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
