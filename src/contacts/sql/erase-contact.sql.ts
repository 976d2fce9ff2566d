import { sql, type Sql } from '#database';
import { deleteContact } from './write-contacts.sql.js';

/**
 * The statements of an erasure, in their order; the contact is locked. Members, history and overrides have no key to
 * contact, so that an erasure and a refresh never wait for one another: what a running refresh puts back, the next removes.
 */
export function eraseContact(tenantId: string, contactId: string, now: Date): readonly Sql[] {
  const named = sql`tenant_id = ${tenantId}::uuid and contact_id = ${contactId}::uuid`;
  // The histories of those who were merged into it are the same person's.
  const person = sql`tenant_id = ${tenantId}::uuid and contact_id in (
    select ${contactId}::uuid union all select g.contact_id from contact_merge g where g.tenant_id = ${tenantId}::uuid and g.survivor_id = ${contactId}::uuid)`;
  return [
    sql`
      insert into used_event_id (tenant_id, id_hash)
      select tenant_id, sha256(convert_to(id, 'UTF8')) from contact_event where ${named}
      on conflict (tenant_id, id_hash) do nothing`,
    // The segments stay until the counts below are in.
    sql`
      select from segment where tenant_id = ${tenantId}::uuid and id in (
        select segment_id from membership_change where ${person} union select segment_id from segment_member where ${named})
      order by id for key share`,
    // Sizes over time stay: whoever is still a member counts as lost on the day of the erasure.
    sql`
      insert into membership_erased (tenant_id, segment_id, on_day, entered, exited)
      select ${tenantId}::uuid, lost.segment_id, lost.on_day, sum(lost.entered), sum(lost.exited)
      from (
        select segment_id, (at at time zone 'UTC')::date as on_day, (change = 'entered')::int as entered, (change = 'exited')::int as exited
        from membership_change where ${person}
        union all
        select segment_id, (${now}::timestamptz at time zone 'UTC')::date, 0, 1 from segment_member where ${named}
      ) as lost
      where exists (select from segment s where s.tenant_id = ${tenantId}::uuid and s.id = lost.segment_id)
      group by lost.segment_id, lost.on_day
      order by lost.segment_id, lost.on_day
      on conflict (tenant_id, segment_id, on_day) do update
        set entered = membership_erased.entered + excluded.entered, exited = membership_erased.exited + excluded.exited`,
    // Members first, as a refresh does, then in one order, so that nobody waits for one another in a ring.
    sql`select from segment_member where ${named} order by segment_id for update`,
    sql`
      select from segment_state where tenant_id = ${tenantId}::uuid and segment_id in (select segment_id from segment_member where ${named})
      order by segment_id for update`,
    sql`
      update segment_state set contact_count = contact_count - 1
      where tenant_id = ${tenantId}::uuid and segment_id in (select segment_id from segment_member where ${named})`,
    sql`delete from membership_change where ${person}`,
    sql`delete from segment_member where ${named}`,
    sql`delete from segment_override where ${named}`,
    sql`delete from campaign_recipient where ${named}`,
    sql`delete from experiment_assignment where ${named}`,
    // The address stays suppressed by its hash, so that bringing it in again sends it nothing.
    sql`
      update suppression set value = null, reason = null
      where tenant_id = ${tenantId}::uuid and kind = 'address' and value_hash = (
        select sha256(convert_to(email_folded, 'UTF8')) from contact where tenant_id = ${tenantId}::uuid and id = ${contactId}::uuid)`,
    sql`delete from contact_engagement where ${named}`,
    sql`delete from contact_event where ${named}`,
    deleteContact(tenantId, contactId),
  ];
}
