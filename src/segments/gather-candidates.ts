import type { TenantStatements } from '#database';
import { expandedDependencies } from '#rules';
import { countContacts } from '../contacts/index.js';
import type { ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import { betterInFull, type Part, partition, type StatementCosts, type Weighed } from './partition.js';
import type { EvaluatedPart, Live } from './reconcile-candidates.js';
import {
  addCandidates, addMoved, analyzeCandidates, candidatesOf, changedSource, countFound, type Erased, findErased, type Lost, removeErased,
} from './sql/candidates.sql.js';
import { keepSegments } from './sql/reconcile.sql.js';

export interface Gathering {
  readonly tx: TenantStatements;
  readonly engine: RulesEngineService;
  readonly live: readonly Live[];
  readonly asOf: Date;
  readonly costs: StatementCosts;
}

export interface Gathered {
  /** Segments that are evaluated together, and how many contacts are looked at for them; a segment for which everybody is better looked at is in none. */
  readonly parts: readonly (EvaluatedPart & { readonly count: number })[];
  /** How many contacts changes name; they are looked at for every segment. */
  readonly changed: number;
  /** Of which segments members were taken out who are erased, active or not. */
  readonly lost: readonly Lost[];
}

/** Beside those whom changes name, finds for each segment whom time may have moved, and which segments are best evaluated together. */
export async function gatherCandidates(gathering: Gathering): Promise<Gathered> {
  const { tx, live } = gathering;
  const lost = await takeOutErased(tx);
  const sources = await findMoved(gathering);
  const counts = new Map((await tx.rows<{ source: number; count: string }>(countFound)).map(({ source, count }) => [source, Number(count)]));
  const changed = counts.get(changedSource) ?? 0;
  counts.delete(changedSource);
  const weighed = live.map(({ id, ready: { rule, references } }) =>
    ({ id, conditions: expandedDependencies(rule, references).conditions, sources: sources.get(id) ?? [] }));
  const wanted = partition(weighed, counts, changed, gathering.costs);
  return { parts: await noteCandidates(gathering, wanted, new Map(weighed.map((one) => [one.id, one]))), changed, lost };
}

/** Of which segments members were taken out who are erased. Segments before members, as whoever reconciles. */
async function takeOutErased(tx: TenantStatements): Promise<readonly Lost[]> {
  const erased = await tx.row<Erased>(findErased(tx.tenantId));
  if (erased?.there !== true) return [];
  await tx.rows(keepSegments(tx.tenantId, erased.segment_ids));
  return await tx.rows<Lost>(removeErased(tx.tenantId));
}

/** Notes whom time may have moved since each segment's moment; from which sources, by segment. */
async function findMoved({ tx, engine, live, asOf }: Gathering): Promise<Map<string, readonly number[]>> {
  const sources = new Map<string, readonly number[]>();
  let next = changedSource + 1;
  for (const { asOf: before, segments } of byMoment(live)) {
    const moved = engine.timeMoved(tx.tenantId, segments, before, asOf, next);
    for (const [at, id] of [...segments.keys()].entries()) sources.set(id, moved.sourcesOf[at]!);
    next = Math.max(next, ...moved.sourcesOf.flat().map((source) => source + 1));
    if (moved.sql !== null) await tx.write(addMoved(moved.sql));
  }
  return sources;
}

/** Notes who is to be looked at in each part, but for those whose segments are better filled in full. */
async function noteCandidates({ tx, live, costs }: Gathering, wanted: readonly Part[], weighed: ReadonlyMap<string, Weighed>): Promise<Gathered['parts']> {
  const counted = await tx.rows<{ part: number; count: string }>(addCandidates(wanted.map(({ sources }) => [changedSource, ...sources])));
  const counts = new Map(counted.map(({ part, count }) => [part, Number(count)]));
  if (counts.size > 0) await tx.rows(analyzeCandidates);
  const byId = new Map(live.map((segment) => [segment.id, segment]));
  const parts = wanted.map(({ segments }, part) => ({ live: segments.map((id) => byId.get(id)!), candidates: candidatesOf(part), count: counts.get(part) ?? 0 }));
  if (Math.max(0, ...counts.values()) <= costs.few) return parts;
  const contacts = await countContacts(tx);
  return parts.filter((part) => !betterInFull(part.live.map(({ id }) => weighed.get(id)!), part.count, contacts, costs));
}

function byMoment(live: readonly Live[]): { asOf: Date; segments: Map<string, ReadyRule> }[] {
  const groups = new Map<number, Map<string, ReadyRule>>();
  for (const { id, asOf, ready } of live) {
    const group = groups.get(asOf.getTime()) ?? new Map<string, ReadyRule>();
    groups.set(asOf.getTime(), group.set(id, ready));
  }
  return [...groups].map(([at, segments]) => ({ asOf: new Date(at), segments }));
}
