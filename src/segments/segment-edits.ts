import { instantOf, type Segment, sql, type TenantTransaction } from '#database';
import { etagOf, type IfMatch } from './segment-etag.js';
import { changedMeanwhile, type MissedEdit } from './segments.problems.js';

/** Throws the 412 with what changed, unless the segment is at a state that the request insists on. It is locked. */
export async function mustMatch(tx: TenantTransaction, segment: Segment, ifMatch: IfMatch): Promise<void> {
  if (ifMatch === null || ifMatch.includes(etagOf(segment))) return;
  const known = Math.max(0, ...ifMatch.map((tag) => Number(/^"(\d{1,9})"$/.exec(tag)?.[1] ?? segment.revision)));
  const edits = await tx.rows<MissedEdit>(sql`
    select revision, changed, by, at from segment_edit
    where tenant_id = ${tx.tenantId}::uuid and segment_id = ${segment.id}::uuid and revision > ${known} order by revision limit 100`);
  throw changedMeanwhile(etagOf(segment), edits.map((edit) => ({ ...edit, at: instantOf(edit.at).toISOString() })));
}

/**
 * Writes down that the segment, as it now is, was edited, and by whom. Rules stand in the row where they changed: such a
 * row is a version that can be restored.
 */
export async function keepEdit(tx: TenantTransaction, segment: Segment, changed: readonly string[], by: string, now: Date): Promise<void> {
  const rules = changed.includes('rules') && segment.rules !== null ? JSON.stringify(segment.rules) : null;
  await tx.write(sql`
    insert into segment_edit (tenant_id, segment_id, revision, rules_version, changed, rules, rule_text, by, at)
    values (${tx.tenantId}::uuid, ${segment.id}::uuid, ${segment.revision}, ${segment.rulesVersion}, ${[...changed]}::text[], ${rules}::jsonb,
      ${rules === null ? null : segment.ruleText}, ${by}, ${now}::timestamptz)`);
}
