import { sql, type Sql } from '#database';

/** Work table of one cycle: who of the candidates belongs to which segment. Temporary, as the candidates' is. */
export const verdictTable = sql`
  create temporary table if not exists refresh_verdict (segment_id uuid, contact_id uuid) on commit delete rows`;

/** The verdicts of some segments, for their reconciliation. */
export function verdictsOf(segmentIds: readonly string[]): Sql {
  return sql`select segment_id, contact_id from refresh_verdict where segment_id = any(${segmentIds}::uuid[])`;
}

/** Without it the planner expects of a full join with members whatever was there in an earlier cycle. */
export const analyzeVerdicts = sql`analyze refresh_verdict`;

/** Notes the verdicts of some segments. */
export function addVerdicts(found: Sql): Sql {
  return sql`insert into refresh_verdict (segment_id, contact_id) ${found}`;
}
