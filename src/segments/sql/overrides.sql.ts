import { sql, type Sql } from '#database';

export interface StoredOverride {
  contactId: string;
  pin: 'in' | 'out' | null;
  reason: string | null;
  until: string | null;
}

/** Stores pins and removes those unpinned; the rows are the contacts whose override is other than before. */
export function storeOverrides(tenantId: string, segmentId: string, overrides: readonly StoredOverride[], by: string, at: Date): Sql {
  const column = (key: keyof StoredOverride): (string | null)[] => overrides.map((one) => one[key]);
  return sql`
    with named as (
      select * from unnest(${column('contactId')}::uuid[], ${column('pin')}::text[], ${column('reason')}::text[], ${column('until')}::timestamptz[])
        as named (contact_id, pin, reason, until)
    ),
    removed as (
      delete from segment_override o using named n
      where o.tenant_id = ${tenantId}::uuid and o.segment_id = ${segmentId}::uuid and o.contact_id = n.contact_id and n.pin is null
      returning o.contact_id
    ),
    stored as (
      insert into segment_override as o (tenant_id, segment_id, contact_id, pin, reason, until, created_by, created_at)
      select ${tenantId}::uuid, ${segmentId}::uuid, n.contact_id, n.pin, n.reason, n.until, ${by}, ${at}::timestamptz
      from named n where n.pin is not null
      on conflict (tenant_id, segment_id, contact_id) do update
        set pin = excluded.pin, reason = excluded.reason, until = excluded.until, created_by = excluded.created_by, created_at = excluded.created_at
        where (o.pin, o.reason, o.until) is distinct from (excluded.pin, excluded.reason, excluded.until)
      returning o.contact_id
    )
    select contact_id from removed union all select contact_id from stored`;
}

export interface AppliedPins {
  tenantId: string;
  segmentId: string;
  /** The contacts whose pins changed. */
  candidates: Sql;
  /** Who of them should be a member. */
  shouldBe: Sql;
  by: string;
  at: Date;
}

/** Moves the contacts whose pins changed, with history and count. */
export function applyPins({ tenantId, segmentId, candidates, shouldBe, by, at }: AppliedPins): Sql {
  return sql`
    with candidate as materialized (${candidates}),
    should_be as materialized (${shouldBe}),
    leave as (
      delete from segment_member m using candidate c
      where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid and m.contact_id = c.contact_id
        and not exists (select from should_be s where s.contact_id = m.contact_id)
      returning m.contact_id
    ),
    enter as (
      insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, ${segmentId}::uuid, s.contact_id, ${at}::timestamptz from should_be s
      on conflict do nothing returning contact_id
    ),
    history as (
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, by)
      select ${tenantId}::uuid, ${segmentId}::uuid, moved.contact_id, moved.change, ${at}::timestamptz, 'override', ${by}
      from (select contact_id, 'exited' as change from leave union all select contact_id, 'entered' from enter) moved
      order by moved.contact_id
    )
    update segment_state set contact_count = contact_count + (select count(*) from enter) - (select count(*) from leave)
    where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid`;
}
