import { sql, type Sql } from '#database';

/**
 * Work table of one cycle: who is to be looked at. Temporary, so that it is analysed without blocking another tenant's;
 * made once a connection and emptied at each commit.
 */
export const candidateTable = sql`
  create temporary table if not exists refresh_candidate (contact_id uuid primary key) on commit delete rows`;

/** The candidates, for whatever takes a SELECT of contact ids. */
export const candidates = sql`select contact_id from refresh_candidate`;

/**
 * Takes the rows of the change log that this snapshot sees, and notes whom they name: a contact, or all contacts with
 * events of a campaign (contact_event_by_campaign). Answers how many rows they were. A change that commits later stays for the next cycle.
 */
export function drainChanges(tenantId: string): Sql {
  return sql`
    with drained as (
      delete from contact_change where tenant_id = ${tenantId}::uuid returning kind, contact_id, ref
    ),
    noted as (
      insert into refresh_candidate (contact_id)
      select contact_id from drained where kind = 'contact'
      union
      select e.contact_id from contact_event e
      where e.tenant_id = ${tenantId}::uuid and e.campaign_id in (select ref from drained where kind = 'campaign')
      on conflict do nothing
    )
    select count(*) as changes from drained`;
}

/** The planner cannot know how many there are this time. */
export const analyzeCandidates = sql`analyze refresh_candidate`;

/** Notes further candidates. */
export function addCandidates(contacts: Sql): Sql {
  return sql`insert into refresh_candidate (contact_id) ${contacts} on conflict do nothing`;
}

/** Fewer candidates than this are looked at one by one, however small the tenant. */
const fewCandidates = 10_000;

/**
 * How many there are, and whether they are so many that each segment is better filled in full, in a transaction of its own:
 * over half of the tenant's contacts, which are counted no further than that. (Of 100 segments over 100,000 contacts a cycle
 * over a tenth took 4 s, full refreshes 33 s; but one transaction is not to look at everybody.)
 */
export function countCandidates(tenantId: string): Sql {
  return sql`
    select looked_at.count, looked_at.count > ${fewCandidates} and looked_at.count * 2 > (
      select count(*) from (select from contact where tenant_id = ${tenantId}::uuid limit (select count(*) * 2 from refresh_candidate)) at_most
    ) as many
    from (select count(*) from refresh_candidate) looked_at`;
}

/**
 * Takes out of members and history whoever was erased while an earlier cycle ran and put them back. The history of a
 * contact that was merged into another stays, and is closed.
 */
export function removeErased(tenantId: string): Sql {
  return sql`
    with erased as (
      select c.contact_id from refresh_candidate c
      where not exists (select from contact k where k.tenant_id = ${tenantId}::uuid and k.id = c.contact_id)
    ),
    left_behind as (
      delete from segment_member m using erased e where m.tenant_id = ${tenantId}::uuid and m.contact_id = e.contact_id
      returning m.segment_id, m.contact_id
    ),
    history as (
      delete from membership_change h using erased e where h.tenant_id = ${tenantId}::uuid and h.contact_id = e.contact_id
        and not exists (select from contact_merge g where g.tenant_id = ${tenantId}::uuid and g.contact_id = e.contact_id)
    ),
    closed as (
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, by)
      select ${tenantId}::uuid, l.segment_id, l.contact_id, 'exited', g.at, 'manual', g.by
      from left_behind l join contact_merge g on g.tenant_id = ${tenantId}::uuid and g.contact_id = l.contact_id
      order by l.segment_id, l.contact_id
    ),
    lost as (select segment_id, count(*) as count from left_behind group by segment_id)
    update segment_state st set contact_count = st.contact_count - lost.count
    from lost where st.tenant_id = ${tenantId}::uuid and st.segment_id = lost.segment_id`;
}
