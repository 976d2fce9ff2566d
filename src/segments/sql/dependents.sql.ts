import { sql, type Sql } from '#database';

/**
 * What uses a segment: the segments whose rules name it (of any status, or the active ones only), unfinished campaigns,
 * drafts of experiments, and the tenant's settings, where it is marked as a suppression.
 */
export function dependentsOf(tenantId: string, id: string, status: 'any' | 'active'): Sql {
  return sql`
    select 'segment' as kind, s.id, s.name
    from segment_link l join segment s on s.tenant_id = l.tenant_id and s.id = l.segment_id
    where l.tenant_id = ${tenantId}::uuid and s.tenant_id = ${tenantId}::uuid and l.target_id = ${id}::uuid
      ${status === 'active' ? sql`and s.status = 'active'` : sql``}
    union all
    select 'campaign', c.id, c.name
    from campaign_segment l join campaign c on c.tenant_id = ${tenantId}::uuid and c.id = l.campaign_id
    where l.tenant_id = ${tenantId}::uuid and l.segment_id = ${id}::uuid
    union all
    select 'experiment', x.id, x.name
    from experiment_segment l join experiment x on x.tenant_id = ${tenantId}::uuid and x.id = l.experiment_id
    where l.tenant_id = ${tenantId}::uuid and l.segment_id = ${id}::uuid
    union all
    select 'campaign-settings', l.segment_id, 'the campaign settings'
    from suppressed_segment l where l.tenant_id = ${tenantId}::uuid and l.segment_id = ${id}::uuid
    order by name, id`;
}

/** The same of any status, a page of them in the order of their ids. */
export function pageOfDependents(tenantId: string, id: string, page: { limit: number; after: string | null }): Sql {
  return sql`
    select * from (${dependentsOf(tenantId, id, 'any')}) as dependent
    ${page.after === null ? sql`` : sql`where id > ${page.after}::uuid`} order by id limit ${page.limit}`;
}

/** All segments that follow this one, by their own rules or through others: whom a change of it may move as well. */
export function followersOf(tenantId: string, id: string): Sql {
  return sql`
    with recursive follower (id) as (
      select l.segment_id from segment_link l where l.tenant_id = ${tenantId}::uuid and l.target_id = ${id}::uuid
      union
      select l.segment_id from follower f join segment_link l on l.tenant_id = ${tenantId}::uuid and l.target_id = f.id
    )
    select 'segment' as kind, s.id, s.name from follower f join segment s on s.tenant_id = ${tenantId}::uuid and s.id = f.id
    order by s.name, s.id`;
}
