import type { Sql, TenantStatements } from '#database';
import type { ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import { countMembers, countStep } from './sql/size-step.sql.js';

/** The size of a rule's set at one moment, and who came and went since the moment before; of the first one nobody did. */
export interface SizeAt {
  readonly asOf: Date;
  readonly size: number;
  readonly entries: number;
  readonly exits: number;
}

/**
 * The sizes of a rule at each of the moments, in their order, with the contacts as they are in this snapshot: only time
 * passes. The first is counted over everybody, each further one over those whom the step in time may move, so that a
 * year of days costs little more than a preview. With a segment its overrides apply, each until it ends.
 */
export async function sizesAt(
  tx: TenantStatements, engine: RulesEngineService, ready: ReadyRule, segmentId: string | null, moments: readonly Date[],
): Promise<SizeAt[]> {
  const known = await engine.known(tx, ready, moments[0]);
  const members = (asOf: Date, candidates?: Sql): Sql => engine.membersSql(tx.tenantId, ready, { ...known, asOf }, segmentId ?? undefined, candidates);
  const sizes: SizeAt[] = [];
  for (const asOf of moments) {
    const last = sizes.at(-1);
    if (last === undefined) {
      const counted = await tx.row<{ size: string }>(countMembers(members(asOf)));
      sizes.push({ asOf, size: Number(counted?.size), entries: 0, exits: 0 });
      continue;
    }
    const counted = await tx.row<{ entries: string; exits: string }>(countStep({
      moved: engine.timeMovedSql(tx.tenantId, ready, segmentId, last.asOf, asOf),
      before: (candidates) => members(last.asOf, candidates), after: (candidates) => members(asOf, candidates),
    }));
    const [entries, exits] = [Number(counted?.entries), Number(counted?.exits)];
    sizes.push({ asOf, size: last.size + entries - exits, entries, exits });
  }
  return sizes;
}
