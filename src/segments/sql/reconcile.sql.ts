import { sql, type Sql } from '#database';

export interface Reconciliation {
  tenantId: string;
  segmentId: string;
  refreshId: string;
  /** A SELECT of one column `contact_id`: who should be a member. */
  shouldBe: Sql;
  asOf: Date;
  /** A SELECT of contact ids: nobody else is looked at. Without it everybody is. */
  candidates?: Sql;
}

/**
 * Should-be against is, in one statement: one full join finds who differs; they are deleted or inserted and written to
 * the history. Never delete-and-reinsert: that rewrites history and takes some four times as long. Both sides are read
 * through the primary key of segment_member (tenant, segment, contact).
 */
export function reconcile({ tenantId, segmentId, refreshId, shouldBe, asOf, candidates }: Reconciliation): Sql {
  return sql`
    with should_be as materialized (${shouldBe}),
    is_now as (
      select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid
        ${candidates === undefined ? sql`` : sql`and contact_id in (${candidates})`}
    ),
    differs as materialized (
      select coalesce(s.contact_id, m.contact_id) as contact_id, m.contact_id is null as enters
      from should_be s full join is_now m on m.contact_id = s.contact_id
      where s.contact_id is null or m.contact_id is null
    ),
    leave as (
      delete from segment_member m using differs d
      where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid and m.contact_id = d.contact_id and not d.enters
    ),
    enter as (
      insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, ${segmentId}::uuid, d.contact_id, ${asOf}::timestamptz from differs d where d.enters
    ),
    history as (
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, refresh_id)
      select ${tenantId}::uuid, ${segmentId}::uuid, d.contact_id, case when d.enters then 'entered' else 'exited' end,
        ${asOf}::timestamptz, case when o.contact_id is null then 'rules' else 'override' end, ${refreshId}::uuid
      from differs d
      left join segment_override o on o.tenant_id = ${tenantId}::uuid and o.segment_id = ${segmentId}::uuid
        and o.contact_id = d.contact_id and (o.until is null or o.until > ${asOf}::timestamptz)
      order by d.contact_id
    )
    select (select count(*) from should_be) as members,
      ${candidates === undefined ? sql`(select count(*) from contact where tenant_id = ${tenantId}::uuid)` : sql`(${countOf(candidates)})`} as evaluated,
      (select count(*) from differs where enters) as added,
      (select count(*) from differs where not enters) as removed`;
}

function countOf(candidates: Sql): Sql {
  return sql`select count(*) from (${candidates}) looked_at`;
}
