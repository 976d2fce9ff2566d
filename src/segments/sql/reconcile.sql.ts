import { sql, type Sql } from '#database';

export interface Difference {
  tenantId: string;
  segmentIds: readonly string[];
  /** A SELECT of `segment_id` and `contact_id`: who should be a member. */
  shouldBe: Sql;
  /** A SELECT of contact ids: nobody else is looked at. Without it everybody is. */
  candidates?: Sql;
}

/**
 * So few are looked up one by one among the memberships of a candidate, each of which may cost a look at the table: of 1,181 candidates
 * three segments are 200 of 15,700. More are sorted anew for each candidate: a hundred took 0.22 s for 10,000, reading all of theirs 0.15 s.
 */
const fewSegments = 25;

/**
 * Who differs, should-be against is, by one full join: a SELECT of `segment_id`, `contact_id` and `enters`. Of everybody the
 * members are read through the primary key (tenant, segment, contact), of candidates by segment_member_by_contact.
 */
export function differences({ tenantId, segmentIds, shouldBe, candidates }: Difference): Sql {
  const ids = sql`${[...segmentIds]}::uuid[]`;
  // Of one segment the contact alone is the key: half the width to hash.
  const same = segmentIds.length === 1 ? sql`m.contact_id = s.contact_id` : sql`m.contact_id = s.contact_id and m.segment_id = s.segment_id`;
  const isNow = candidates === undefined
    ? sql`select segment_id, contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = any(${ids})`
    // offset 0: candidate by candidate. The planner would rather read all members of a hundred segments: 0.7 s for 1,000.
    : sql`select m.segment_id, c.contact_id from (${candidates}) c cross join lateral (
        select segment_id from segment_member where tenant_id = ${tenantId}::uuid and contact_id = c.contact_id
          ${segmentIds.length <= fewSegments ? sql`and segment_id = any(${ids})` : sql``} offset 0) m
      where m.segment_id = any(${ids})`;
  return sql`select coalesce(s.segment_id, m.segment_id) as segment_id, coalesce(s.contact_id, m.contact_id) as contact_id, m.contact_id is null as enters
    from (${shouldBe}) s full join (${isNow}) m on ${same} where s.contact_id is null or m.contact_id is null`;
}

/**
 * Notes the differences of a full refresh in a table of this transaction. PostgreSQL lets several processes look for what
 * becomes a table, and one alone for what is written to one that is there (a refresh of 12,462 members among 100,000 contacts took 107 ms before, and 60 since).
 */
export function noteDifferences(difference: Difference): Sql {
  return sql`create temporary table refresh_difference on commit drop as ${differences(difference)}`;
}

/** What was noted. */
export const noted = sql`select segment_id, contact_id, enters from refresh_difference`;

export interface Reconciliation {
  tenantId: string;
  /** The segments and, for the history, their refreshes. */
  segments: readonly { readonly segmentId: string; readonly refreshId: string }[];
  /** A SELECT as `differences` is. */
  differs: Sql;
  asOf: Date;
}

/** What a reconciliation answers for each of its segments. */
export interface Reconciled {
  segmentId: string;
  added: string;
  removed: string;
}

/** Takes segments before their members are written. Edits are not held up, nor held up by: no key changes. */
export function keepSegments(tenantId: string, segmentIds: readonly string[]): Sql {
  return sql`select from segment where tenant_id = ${tenantId}::uuid and id = any(${[...segmentIds]}::uuid[]) order by id for key share`;
}

/**
 * Those who differ are deleted or inserted and written to the history, in one statement. Never delete-and-reinsert: that
 * rewrites history and takes some four times as long.
 */
export function writeDifferences({ tenantId, segments, differs, asOf }: Reconciliation): Sql {
  const refreshes = sql`unnest(${segments.map(({ segmentId }) => segmentId)}::uuid[], ${segments.map(({ refreshId }) => refreshId)}::uuid[]) as r (segment_id, refresh_id)`;
  return sql`
    with differs as materialized (${differs}),
    leave as (
      delete from segment_member m using differs d
      where m.tenant_id = ${tenantId}::uuid and m.segment_id = d.segment_id and m.contact_id = d.contact_id and not d.enters
    ),
    enter as (
      insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, d.segment_id, d.contact_id, ${asOf}::timestamptz from differs d where d.enters
    ),
    history as (
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, refresh_id)
      select ${tenantId}::uuid, d.segment_id, d.contact_id, case when d.enters then 'entered' else 'exited' end,
        ${asOf}::timestamptz, case when o.contact_id is null then 'rules' else 'override' end, r.refresh_id
      from differs d join ${refreshes} on r.segment_id = d.segment_id
      left join segment_override o on o.tenant_id = ${tenantId}::uuid and o.segment_id = d.segment_id
        and o.contact_id = d.contact_id and (o.until is null or o.until > ${asOf}::timestamptz)
      order by d.segment_id, d.contact_id
    )
    select r.segment_id as "segmentId", coalesce(moved.added, 0) as added, coalesce(moved.removed, 0) as removed
    from ${refreshes}
    left join (select segment_id, count(*) filter (where enters) as added, count(*) filter (where not enters) as removed
      from differs group by segment_id) moved on moved.segment_id = r.segment_id`;
}
