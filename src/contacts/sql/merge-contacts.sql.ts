import { sql, type Sql } from '#database';
import { deleteContact } from './write-contacts.sql.js';

export interface Merge {
  tenantId: string;
  survivor: string;
  other: string;
  by: string;
  at: Date;
}

/**
 * What moves from the other contact to the survivor, in its order; both are locked. The other's memberships end and its
 * history is closed; of a list the survivor becomes a member in its place. The survivor's overrides stay.
 */
export function moveToSurvivor({ tenantId, survivor, other, by, at }: Merge): readonly Sql[] {
  const others = sql`tenant_id = ${tenantId}::uuid and contact_id = ${other}::uuid`;
  return [
    sql`update contact_event set contact_id = ${survivor}::uuid where ${others}`,
    sql`select from segment where tenant_id = ${tenantId}::uuid and id in (select segment_id from segment_member where ${others}) order by id for key share`,
    // Members first, as a refresh does.
    sql`select from segment_member where ${others} order by segment_id for update`,
    sql`
      select from segment_state where tenant_id = ${tenantId}::uuid and segment_id in (select segment_id from segment_member where ${others})
      order by segment_id for update`,
    sql`
      with leave as (delete from segment_member where ${others} returning segment_id),
      enter as (
        insert into segment_member (tenant_id, segment_id, contact_id, since)
        select ${tenantId}::uuid, s.id, ${survivor}::uuid, ${at}::timestamptz from leave l
        join segment s on s.tenant_id = ${tenantId}::uuid and s.id = l.segment_id and s.type = 'static'
        on conflict do nothing returning segment_id
      ),
      history as (
        insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, by)
        select ${tenantId}::uuid, moved.segment_id, moved.contact_id, moved.change, ${at}::timestamptz, 'manual', ${by}
        from (
          select segment_id, ${other}::uuid as contact_id, 'exited' as change from leave
          union all select segment_id, ${survivor}::uuid, 'entered' from enter
        ) moved order by moved.segment_id, moved.change desc
      )
      update segment_state st set contact_count = st.contact_count + moved.count
      from (
        select segment_id, sum(one) as count from (select segment_id, -1 as one from leave union all select segment_id, 1 from enter) each group by segment_id
      ) moved
      where st.tenant_id = ${tenantId}::uuid and st.segment_id = moved.segment_id`,
    sql`
      insert into segment_override (tenant_id, segment_id, contact_id, pin, reason, until, created_by, created_at)
      select tenant_id, segment_id, ${survivor}::uuid, pin, reason, until, created_by, created_at from segment_override where ${others}
      on conflict (tenant_id, segment_id, contact_id) do nothing`,
    sql`delete from segment_override where ${others}`,
    // Whoever was a recipient stays one, once.
    sql`
      update campaign_recipient r set contact_id = ${survivor}::uuid
      where r.tenant_id = ${tenantId}::uuid and r.contact_id = ${other}::uuid and not exists (
        select from campaign_recipient own where own.tenant_id = ${tenantId}::uuid and own.campaign_id = r.campaign_id and own.contact_id = ${survivor}::uuid)`,
    sql`delete from campaign_recipient where ${others}`,
    // Of two arms neither is the one that the survivor was in.
    sql`
      update experiment_assignment own set arm = null
      from experiment_assignment its
      where own.tenant_id = ${tenantId}::uuid and own.contact_id = ${survivor}::uuid
        and its.tenant_id = ${tenantId}::uuid and its.contact_id = ${other}::uuid
        and its.experiment_id = own.experiment_id and its.arm is distinct from own.arm`,
    sql`
      update experiment_assignment a set contact_id = ${survivor}::uuid
      where a.tenant_id = ${tenantId}::uuid and a.contact_id = ${other}::uuid and not exists (
        select from experiment_assignment own where own.tenant_id = ${tenantId}::uuid and own.experiment_id = a.experiment_id and own.contact_id = ${survivor}::uuid)`,
    sql`delete from experiment_assignment where ${others}`,
    sql`delete from contact_engagement where ${others}`,
    sql`delete from contact_date where ${others}`,
    // Whoever was merged into the other is the survivor now.
    sql`update contact_merge set survivor_id = ${survivor}::uuid where tenant_id = ${tenantId}::uuid and survivor_id = ${other}::uuid`,
    sql`
      insert into contact_merge (tenant_id, contact_id, survivor_id, by, at)
      values (${tenantId}::uuid, ${other}::uuid, ${survivor}::uuid, ${by}, ${at}::timestamptz)`,
    deleteContact(tenantId, other),
  ];
}
