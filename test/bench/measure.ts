import { type Sql, sql } from '#database';
import type { BenchService } from './service.js';

/** A figure beside its baseline, both in milliseconds: medians, where there was more than one turn. */
export interface Figure {
  readonly ms: number;
  readonly baselineMs: number;
  readonly ratio: number;
  readonly holds: boolean;
}

/** A figure from the turns of both; it holds where it takes at most so many times the baseline, and so much more. */
export function figureOf(ours: readonly number[], baseline: readonly number[], times: number, plusMs = 0): Figure {
  const [ms, baselineMs] = [median(ours), median(baseline)];
  return { ms: round(ms), baselineMs: round(baselineMs), ratio: round(ms / baselineMs), holds: ms <= baselineMs * times + plusMs };
}

/** How long it takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Counts what a SELECT gives, as the service's role. */
export async function count(service: BenchService, statement: Sql): Promise<number> {
  const [row] = await service.rows<{ count: string }>(sql`select count(*) from (${statement}) members`);
  return Number(row?.count);
}

/** Throws where two SELECTs of contact ids do not give the very same. */
export async function expectSame(service: BenchService, name: string, ours: Sql, hand: Sql): Promise<void> {
  const [difference] = await service.rows<{ missing: string; extra: string }>(sql`
    with ours as materialized (${ours}), hand as materialized (${hand})
    select (select count(*) from (select contact_id from hand except all select contact_id from ours) a) as missing,
      (select count(*) from (select contact_id from ours except all select contact_id from hand) b) as extra`);
  if (difference?.missing !== '0' || difference.extra !== '0') throw new Error(`${name}: ours and the hand-written differ: ${JSON.stringify(difference)}`);
}

/** What all but a hundredth take at most. */
export function p99(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? 0;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
