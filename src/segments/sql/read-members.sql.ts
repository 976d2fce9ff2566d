import { sql, type Sql } from '#database';
import { oldestMissed } from './read-standings.sql.js';

/** The present members of segments, each contact once. */
export function membersNow(tenantId: string, segmentIds: readonly string[]): Sql {
  return sql`
    select distinct m.contact_id from segment_member m
    join contact c on c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id
    where m.tenant_id = ${tenantId}::uuid and m.segment_id = any(${[...segmentIds]}::uuid[])`;
}

/** The rows of one segment as they are stored: one may be of a contact that was erased a moment ago. */
export function storedMembers(tenantId: string, segmentId: string): Sql {
  return sql`select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid`;
}

/** The segments that a contact is in, with how each stands, by their ids from one on. Reads segment_member_by_contact. */
export function segmentsOfContact(tenantId: string, contactId: string, limit: number, after: string | null): Sql {
  return sql`
    select m.segment_id, s.name, s.type, m.since, case s.type when 'dynamic' then st.as_of end as as_of,
      case s.type when 'dynamic' then ${oldestMissed(tenantId)} end as pending_since
    from segment_member m join segment s on s.tenant_id = ${tenantId}::uuid and s.id = m.segment_id
    left join segment_state st on st.tenant_id = ${tenantId}::uuid and st.segment_id = m.segment_id
    where m.tenant_id = ${tenantId}::uuid and m.contact_id = ${contactId}::uuid
      ${after === null ? sql`` : sql`and m.segment_id > ${after}::uuid`}
    order by m.segment_id limit ${limit}`;
}

/**
 * The members after the last-written change whose moment is not later than `asOf`: the history replayed up to it. The
 * order is that of writing, since moments may go back with the clock. Reads membership_change_by_segment.
 */
export function membersAt(tenantId: string, segmentId: string, asOf: Date): Sql {
  return sql`
    select latest.contact_id, latest.at as since from (
      select distinct on (h.contact_id) h.contact_id, h.change, h.at from membership_change h
      where h.tenant_id = ${tenantId}::uuid and h.segment_id = ${segmentId}::uuid and h.seq <= (
        select max(seq) from membership_change
        where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid and at <= ${asOf}::timestamptz)
      order by h.contact_id, h.seq desc
    ) latest where latest.change = 'entered'`;
}
