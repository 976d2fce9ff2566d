import { sql, type Sql } from '#database';

/** Who or what made a change of a list. */
export type Via = 'manual' | 'import';

/** Adds contacts to a list, with their history and the count; `touched`: how many were not on it. */
export function addMembers(tenantId: string, segmentId: string, ids: readonly string[], by: string, at: Date, via: Via = 'manual'): Sql {
  return sql`
    with enter as (
      insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, ${segmentId}::uuid, c.id, ${at}::timestamptz
      from contact c where c.tenant_id = ${tenantId}::uuid and c.id = any(${[...ids]}::uuid[])
      on conflict do nothing returning contact_id
    ),
    ${noted(tenantId, segmentId, 'enter', 'entered', by, at, via)}
    select count(*) as touched from enter`;
}

/** Whom an import has added to a list, as a set; taking them off again does not change it. Rests on membership_change_by_segment. */
export function importedMembers(tenantId: string, segmentId: string, by: string): Sql {
  return sql`
    select distinct contact_id from membership_change
    where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid and via = 'import' and by = ${by}`;
}

/** Takes a set of contacts off a list, with their history and the count; `touched`: how many were on it. */
export function removeMembers(tenantId: string, segmentId: string, contactIdsSql: Sql, by: string, at: Date, via: Via = 'manual'): Sql {
  return sql`
    with leave as (
      delete from segment_member
      where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid and contact_id in (${contactIdsSql})
      returning contact_id
    ),
    ${noted(tenantId, segmentId, 'leave', 'exited', by, at, via)}
    select count(*) as touched from leave`;
}

function noted(tenantId: string, segmentId: string, moved: 'enter' | 'leave', change: 'entered' | 'exited', by: string, at: Date, via: Via): Sql {
  const sign = moved === 'enter' ? sql`+` : sql`-`;
  return sql`
    history as (
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, by)
      select ${tenantId}::uuid, ${segmentId}::uuid, m.contact_id, ${change}, ${at}::timestamptz, ${via}, ${by}
      from ${sql.table(moved)} m order by m.contact_id
    ),
    counted as (
      update segment_state set contact_count = contact_count ${sign} (select count(*) from ${sql.table(moved)})
      where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid
    )`;
}
