import { sql, type Sql } from '#database';

/** Work table of a cycle whose statement was slow: some of those that were looked at. Temporary, as the candidates' is. */
export const sampleTable = sql`create temporary table if not exists refresh_sample (contact_id uuid) on commit delete rows`;

/**
 * Draws contacts by lot: the first ones in whichever order are those who have been there for the longest, with the most
 * events. Once for all segments, so that each is measured over the same.
 */
export function drawSample(candidates: Sql, contacts: number): Sql {
  return sql`insert into refresh_sample (contact_id) select contact_id from (${candidates}) candidate order by random() limit ${contacts}::integer`;
}

/** Fewer than the planner expects of a table that it does not know. */
export const analyzeSample = sql`analyze refresh_sample`;

/** For whatever takes a SELECT of contact ids. */
export const sampled = sql`select contact_id from refresh_sample`;

/** Finds the verdicts and keeps none. */
export function countVerdicts(found: Sql): Sql {
  return sql`select count(*) as verdicts from (${found}) found`;
}
