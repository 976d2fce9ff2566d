import { overTime, type Sql, sql, type TenantStatements } from '#database';
import { expandedDependencies } from '#rules';
import type { KnownMoment, ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import { reasonOf, wantsRestart } from './refresh-outcome.js';
import { reconcile } from './reconcile.js';
import { differences, type Reconciled } from './sql/reconcile.sql.js';
import { addVerdicts, analyzeVerdicts, verdictsOf, verdictTable } from './sql/verdicts.sql.js';

/** A segment whose stored members are right as of a known moment under the rules of today. */
export interface Live {
  readonly id: string;
  readonly rulesVersion: number;
  readonly asOf: Date;
  readonly ready: ReadyRule;
  /** The refresh that its changes are written under. */
  readonly refreshId: string;
}

/** A segment that was brought along. */
export interface Done {
  readonly segment: Live;
  readonly outcome: Reconciled;
}

/** A segment that failed by itself. */
export interface Failed {
  readonly segment: Live;
  readonly reason: string;
  readonly durationMs: number;
}

/** Segments that are evaluated together, and a SELECT of the contact ids that are looked at for them. */
export interface EvaluatedPart {
  readonly live: readonly Live[];
  readonly candidates: Sql;
}

export interface Evaluation {
  readonly tx: TenantStatements;
  readonly engine: RulesEngineService;
  readonly parts: readonly EvaluatedPart[];
  readonly moment: KnownMoment;
  /** Hears how long each statement took, and what was evaluated by it. It may send statements of its own, of which nothing is left. */
  readonly tellTime: (evaluated: EvaluatedPart, ms: number) => Promise<void>;
}

/**
 * So many conditions, those of referenced segments counted, go into one statement: each is at most two columns, and
 * PostgreSQL takes 1,664.
 */
const conditionsOfStatement = 500;
/** A statement that runs longer is ended, and its segments are tried one by one. */
const verdictLimitMs = 180_000;
/** So long each: one is at fault, and to the others it is long. */
const aloneLimitMs = 30_000;

/** Makes members of the candidates that belong to a segment, and of nobody else among them; many segments in one statement, those that fail alone. */
export async function reconcileCandidates(evaluation: Evaluation): Promise<{ done: Done[]; failed: Failed[] }> {
  const { tx } = evaluation;
  await tx.rows(verdictTable);
  await tx.limitStatements(verdictLimitMs);
  const failed: Failed[] = [];
  const done: Done[] = [];
  const waiting = evaluation.parts.flatMap(({ live, candidates }) => statementsOf(live).map((segments) => ({ segments, candidates, limitMs: verdictLimitMs })));
  for (let statement = waiting.shift(), limit = verdictLimitMs; statement !== undefined; statement = waiting.shift()) {
    const { segments, candidates, limitMs } = statement;
    if (limitMs !== limit) await tx.limitStatements(limitMs);
    limit = limitMs;
    const started = performance.now();
    const outcomes = await attempt(evaluation, segments, candidates);
    const durationMs = performance.now() - started;
    await evaluation.tellTime({ live: segments, candidates }, durationMs);
    if (!(outcomes instanceof Error)) {
      const byId = new Map(outcomes.map((outcome) => [outcome.segmentId, outcome]));
      done.push(...segments.map((segment) => ({ segment, outcome: byId.get(segment.id)! })));
    } else if (segments.length === 1) {
      failed.push({ segment: segments[0]!, reason: reasonOf(outcomes), durationMs });
    } else if (overTime(outcomes)) {
      // Halves of it would each be waited for anew.
      waiting.unshift(...segments.map((segment) => ({ segments: [segment], candidates, limitMs: aloneLimitMs })));
    } else {
      const half = Math.ceil(segments.length / 2);
      waiting.unshift({ segments: segments.slice(0, half), candidates, limitMs }, { segments: segments.slice(half), candidates, limitMs });
    }
  }
  return { done, failed };
}

/** What went wrong, with nothing of it left; an error of the whole cycle is thrown. */
async function attempt({ tx, engine, moment }: Evaluation, segments: readonly Live[], candidates: Sql): Promise<Reconciled[] | Error> {
  await tx.rows(sql`savepoint verdicts`);
  try {
    const ready = new Map(segments.map((segment) => [segment.id, segment.ready]));
    await tx.write(addVerdicts(engine.verdictsSql(tx.tenantId, ready, moment, candidates)));
    await tx.rows(analyzeVerdicts);
    const segmentIds = [...ready.keys()];
    const outcomes = await reconcile(tx, {
      segments: segments.map(({ id, refreshId }) => ({ segmentId: id, refreshId })), asOf: moment.asOf,
      differs: differences({ tenantId: tx.tenantId, segmentIds, shouldBe: verdictsOf(segmentIds), candidates }),
    });
    await tx.rows(sql`release savepoint verdicts`);
    return outcomes;
  } catch (error) {
    if (wantsRestart(error) || !(error instanceof Error)) throw error;
    await tx.rows(sql`rollback to savepoint verdicts`);
    return error;
  }
}

/** The segments, cut where the conditions would be too many for one statement. */
function statementsOf(live: readonly Live[]): Live[][] {
  const statements: Live[][] = [];
  let room = 0;
  for (const segment of live) {
    const { conditions } = expandedDependencies(segment.ready.rule, segment.ready.references);
    if (conditions > room || statements.length === 0) {
      statements.push([]);
      room = conditionsOfStatement;
    }
    statements.at(-1)!.push(segment);
    room -= conditions;
  }
  return statements;
}
