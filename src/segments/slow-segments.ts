import { overTime, type Sql, sql } from '#database';
import { expandedDependencies } from '#rules';
import type { Config } from '../config.js';
import type { Evaluation, Live } from './reconcile-candidates.js';
import { isSlow, type SegmentTimes, tellRefreshTime } from './refresh-time.js';
import { analyzeSample, countVerdicts, drawSample, sampled, sampleTable } from './sql/measure-segments.sql.js';

/** Enough to tell the slow segment from the quick ones: over these it takes milliseconds where it took seconds. */
const contactsOfSample = 200;
/** The cycle, which holds locks meanwhile, takes so much longer at most, however many of its statements were slow. */
const cycleLimitMs = 5000;
/** So long each: of one that takes longer enough is known by then. */
const aloneLimitMs = 1000;
const mostNamed = 5;

/**
 * Tells how long each statement of a cycle took. Of a slow one of several segments nobody knows whose fault it is: each of them
 * is evaluated once more, alone, over a sample of the same contacts.
 */
export function tellingTimes(config: Config, evaluation: Pick<Evaluation, 'tx' | 'engine' | 'moment'>): Evaluation['tellTime'] {
  const measuring = new Measuring(evaluation);
  return async ({ live, candidates }, ms) => {
    const times = live.length > 1 && isSlow(config, ms) ? await measuring.timesOf(live, candidates) : null;
    tellRefreshTime(config, { mode: 'incremental', tenantId: evaluation.tx.tenantId, segmentIds: live.map(({ id }) => id), ms, times });
  };
}

/** What a cycle spends on it, in the cycle's transaction, of which nothing is left afterwards. */
class Measuring {
  #leftMs = cycleLimitMs;

  constructor(private readonly evaluation: Pick<Evaluation, 'tx' | 'engine' | 'moment'>) {}

  /**
   * `null` where it cannot be measured: the refresh is right without it. Nor does it start again for what it would start again
   * for elsewhere, since nothing is written here and the snapshot is as good as before. Where the session is gone, going back fails.
   */
  async timesOf(live: readonly Live[], candidates: Sql): Promise<SegmentTimes | null> {
    const { tx } = this.evaluation;
    const started = performance.now();
    await tx.rows(sql`savepoint slow_segments`);
    try {
      return await this.#measure(live, candidates, started + this.#leftMs);
    } catch {
      return null;
    } finally {
      // The limit of the statements to come, and the sample, are as they were.
      await tx.rows(sql`rollback to savepoint slow_segments`);
      await tx.rows(sql`release savepoint slow_segments`);
      this.#leftMs -= performance.now() - started;
    }
  }

  async #measure(live: readonly Live[], candidates: Sql, deadline: number): Promise<SegmentTimes | null> {
    const { tx } = this.evaluation;
    const mayBegin = (): boolean => performance.now() + aloneLimitMs <= deadline;
    if (!mayBegin()) return null;
    await tx.limitStatements(aloneLimitMs);
    await tx.rows(sampleTable);
    const sample = await tx.write(drawSample(candidates, contactsOfSample));
    await tx.rows(analyzeSample);
    const times: { segment: string; ms: number }[] = [];
    for (const segment of largestFirst(live)) {
      if (!mayBegin()) break;
      const ms = await this.#timeOf(segment);
      if (ms !== null) times.push({ segment: segment.id, ms });
    }
    return { slowest: times.toSorted((one, other) => other.ms - one.ms).slice(0, mostNamed), measured: times.length, sample };
  }

  /** Of one segment alone; `null` where it fails for another reason than its limit. */
  async #timeOf({ id, ready }: Live): Promise<number | null> {
    const { tx, engine, moment } = this.evaluation;
    await tx.rows(sql`savepoint slow_segment`);
    const started = performance.now();
    try {
      await tx.rows(countVerdicts(engine.verdictsSql(tx.tenantId, new Map([[id, ready]]), moment, sampled)));
      const ms = performance.now() - started;
      await tx.rows(sql`release savepoint slow_segment`);
      return Math.round(ms);
    } catch (error) {
      const ms = performance.now() - started;
      await tx.rows(sql`rollback to savepoint slow_segment`);
      return overTime(error) ? Math.round(ms) : null;
    }
  }
}

/** Where the time does not suffice for all, it is more likely one of many conditions. */
function largestFirst(live: readonly Live[]): Live[] {
  const conditions = new Map(live.map(({ id, ready }) => [id, expandedDependencies(ready.rule, ready.references).conditions]));
  return live.toSorted((one, other) => conditions.get(other.id)! - conditions.get(one.id)!);
}
