import { type Sql, sql } from '#database';
import { type SegmentDefinition, templates } from '#rules';
import { refreshTheGuidesWay } from './guide-way.js';
import { cheapestDifference, handWrittenTemplates } from './hand-written.sql.js';
import { count, expectSame, type Figure, figureOf, timed } from './measure.js';
import { byHand, makeTemplate } from './segments.js';
import type { BenchService } from './service.js';

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

export interface TemplatesBench {
  readonly service: BenchService;
  readonly asOf: Date;
  readonly runs: number;
  readonly only: readonly number[] | null;
  readonly explain: boolean;
  say(line: string): void;
}

interface Refresh { refreshId: string; status: string; durationMs: number; error: string | null }

interface Made { id: string; name: string; number: number; rules: SegmentDefinition }

/** Each of the guide's 26 segments alone, filled already. */
export async function measureTemplates(bench: TemplatesBench): Promise<TemplateFigures[]> {
  const { service, only, say } = bench;
  const segments: Made[] = [];
  for (const { key, number } of templates) {
    if (only !== null && !only.includes(number)) continue;
    const made = await makeTemplate(service, key);
    await refresh(service, made.id);
    segments.push({ ...made, number });
  }
  const hands = handWrittenTemplates(byHand(service.tenantId, bench.asOf));
  const figures: TemplateFigures[] = [];
  for (const segment of segments) {
    const measured = await measure(bench, segment, hands.get(segment.number)!);
    figures.push(measured);
    say(lineOf(measured));
  }
  return figures;
}

async function measure({ service, asOf, runs, explain, say }: TemplatesBench, { id, name, number, rules }: Made, hand: Sql): Promise<TemplateFigures> {
  const ours = await service.members(rules, asOf, id);
  await expectSame(service, name, ours, hand);
  if (explain) await explainBoth(service, ours, hand, say);
  const counting = (statement: Sql) => async (): Promise<number> => await timed(async () => await count(service, statement));
  const query = await compare(runs, counting(ours), counting(hand), 1.3);
  const previewing = async (): Promise<number> => await timed(async () => await service.request('POST', '/segments/preview', { rules, exact: true }));
  const preview = await compare(runs, previewing, counting(hand), 1.2, 20);
  const full = async (): Promise<number> => await refresh(service, id);
  const difference = async (): Promise<number> => await timed(async () => await service.rows(cheapestDifference(service.tenantId, id, hand)));
  const cheapest = await compare(runs, full, difference, 1.3);
  const matching = async (definition: SegmentDefinition): Promise<Set<string>> => new Set(await idsOf(service, await service.members(definition, asOf)));
  const guide = await compare(Math.min(runs, 3), full,
    async () => await timed(async () => { await refreshTheGuidesWay(service.database, service.tenantId, id, rules, matching, asOf); }), 1 / 5);
  return { number, name, members: await count(service, hand), query, preview, refresh: cheapest, guide };
}

/** A refresh of everything, by the service's own account of how long it took. */
async function refresh(service: BenchService, id: string): Promise<number> {
  let ended = await service.request<Refresh>('POST', `/segments/${id}/refresh`, { mode: 'full', waitSeconds: 60 });
  // The first fill of a million stands behind those of the segments that were made before.
  while (ended.status === 'queued' || ended.status === 'running') {
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    const { items } = await service.request<{ items: Refresh[] }>('GET', `/segments/${id}/refreshes?limit=20`);
    ended = items.find(({ refreshId }) => refreshId === ended.refreshId) ?? ended;
  }
  if (ended.status !== 'succeeded') throw new Error(`a refresh is ${ended.status}: ${ended.error ?? ''}`);
  return ended.durationMs;
}

async function explainBoth(service: BenchService, ours: Sql, hand: Sql, say: (line: string) => void): Promise<void> {
  for (const [title, statement] of [['ours', ours], ['by hand', hand]] as const) {
    const rows = await service.rows<Record<string, string>>(sql`explain (analyze, buffers) select count(*) from (${statement}) members`);
    say(`-- ${title}\n${rows.map((row) => row['QUERY PLAN']).join('\n')}`);
  }
}

/** Turn by turn, after one turn to warm up. */
async function compare(turns: number, figure: () => Promise<number>, baseline: () => Promise<number>, times: number, plusMs = 0): Promise<Figure> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn <= turns; turn += 1) {
    const [ms, baselineMs] = [await figure(), await baseline()];
    if (turn === 0) continue;
    ours.push(ms);
    theirs.push(baselineMs);
  }
  return figureOf(ours, theirs, times, plusMs);
}

async function idsOf(service: BenchService, statement: Sql): Promise<string[]> {
  return (await service.rows<{ contact_id: string }>(statement)).map((row) => row.contact_id);
}

function lineOf({ number, name, members, query, preview, refresh, guide }: TemplateFigures): string {
  const cell = ({ ms, baselineMs, ratio, holds }: Figure): string => `${ms.toFixed(0)}/${baselineMs.toFixed(0)}=${ratio.toFixed(2)}${holds ? ' ' : '✗'}`.padStart(16);
  return `${String(number).padStart(2)} ${name.padEnd(28)}${String(members).padStart(8)} members; statement ${cell(query)}  preview ${cell(preview)}  refresh ${cell(refresh)}  guide's way ${cell(guide)}`;
}
