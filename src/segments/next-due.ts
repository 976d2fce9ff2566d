import type { TenantStatements } from '#database';
import type { Config } from '../config.js';
import type { ReadyRule, RulesEngineService } from '../rules-engine/index.js';

/** Time alone is followed at most so often: over millions of events there is always one that leaves some window. */
const everyMs = 60_000;
/** No due moment is a date of its own: `segment_state.at` is infinity then. */
const never = new Date(8.64e15);

/** Soon after a cycle that took changes or filled a segment, the tenant is looked at once more: that finds its next edge. */
export function lookAgain({ clock }: Config, asOf: Date): Date | null {
  return clock === 'manual' ? null : new Date(asOf.getTime() + everyMs);
}

/**
 * When time alone may move a member next, of segments that stand at `asOf`; null: never. A clock that is set by hand
 * rings nothing.
 */
export async function nextDue(
  tx: TenantStatements, engine: RulesEngineService, segments: ReadonlyMap<string, ReadyRule>, asOf: Date, config: Config,
): Promise<Date | null> {
  const again = lookAgain(config, asOf);
  if (again === null || segments.size === 0) return null;
  const edge = await engine.nextEdge(tx, segments, asOf);
  return edge === null || edge >= never ? null : new Date(Math.max(edge.getTime(), again.getTime()));
}
