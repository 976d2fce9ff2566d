import { sql, type Sql } from '#database';

/**
 * Work tables of one cycle: whom a change names or time may have moved, by where they were found (source 0: a change), and
 * from these who is to be looked at in each of its parts. Temporary, so that they are analysed without blocking another
 * tenant's; made once a connection and emptied at each commit.
 */
export const candidateTables = [
  sql`create temporary table if not exists refresh_found (source smallint, contact_id uuid) on commit delete rows`,
  sql`create temporary table if not exists refresh_candidate (part smallint, contact_id uuid, primary key (part, contact_id)) on commit delete rows`,
];

/** The source of those whom changes name. */
export const changedSource = 0;

/** The candidates of a part, for whatever takes a SELECT of contact ids. */
export function candidatesOf(part: number): Sql {
  return sql`select contact_id from refresh_candidate where part = ${part}::smallint`;
}

/**
 * Takes the rows of the change log that this snapshot sees, and notes whom they name: a contact, or all contacts with
 * events of a campaign (contact_event_by_campaign). Answers how many rows they were, and when the oldest was written. A change that commits later stays for the next cycle.
 */
export function drainChanges(tenantId: string): Sql {
  return sql`
    with drained as (
      delete from contact_change where tenant_id = ${tenantId}::uuid returning kind, contact_id, ref, at
    ),
    noted as (
      insert into refresh_found (source, contact_id)
      select ${changedSource}::smallint, contact_id from drained where kind = 'contact'
      union
      select ${changedSource}::smallint, e.contact_id from contact_event e
      where e.tenant_id = ${tenantId}::uuid and e.campaign_id in (select ref from drained where kind = 'campaign')
    )
    select count(*) as changes, min(at) as oldest from drained`;
}

/** Notes whom time may have moved: a SELECT of `source` and `contact_id`. */
export function addMoved(moved: Sql): Sql {
  return sql`insert into refresh_found (source, contact_id) ${moved}`;
}

/** How many contacts each source has. */
export const countFound = sql`select source, count(*) as count from refresh_found group by source`;

/** Notes the candidates of parts, given the sources of each, and answers how many they are. A part of nobody is not named. */
export function addCandidates(parts: readonly (readonly number[])[]): Sql {
  const pairs = parts.flatMap((sources, part) => sources.map((source) => ({ part, source })));
  return sql`
    with added as (
      insert into refresh_candidate (part, contact_id)
      select distinct p.part, f.contact_id
      from unnest(${pairs.map(({ part }) => part)}::smallint[], ${pairs.map(({ source }) => source)}::smallint[]) as p (part, source)
      join refresh_found f on f.source = p.source
      returning part
    )
    select part, count(*) as count from added group by part`;
}

/** The planner cannot know how many there are this time. */
export const analyzeCandidates = sql`analyze refresh_candidate`;

/** Whether changes name somebody who is erased. */
export interface Erased {
  readonly there: boolean;
  /** Of which segments they are members still, since an earlier cycle put them back. */
  readonly segment_ids: readonly string[];
}

/** Whether any of those whom changes name are erased, and where they were left behind. */
export function findErased(tenantId: string): Sql {
  return sql`
    with erased as materialized (${erasedOf(tenantId)})
    select exists (select from erased) as there, array(
      select distinct m.segment_id from erased e join segment_member m on m.tenant_id = ${tenantId}::uuid and m.contact_id = e.contact_id) as segment_ids`;
}

function erasedOf(tenantId: string): Sql {
  return sql`select c.contact_id from refresh_found c
      where c.source = ${changedSource}::smallint and not exists (select from contact k where k.tenant_id = ${tenantId}::uuid and k.id = c.contact_id)`;
}

/** How many members a segment has lost. */
export interface Lost { readonly segment_id: string; readonly count: string }

/**
 * Takes out of members and history whoever was erased while an earlier cycle ran and put them back. The history of a
 * contact that was merged into another stays, and is closed. Answers how many members each segment has lost so, to be
 * counted with the rest at the end of the cycle.
 */
export function removeErased(tenantId: string): Sql {
  return sql`
    with erased as (${erasedOf(tenantId)}),
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
    )
    select segment_id, count(*) as count from left_behind group by segment_id`;
}

/** Counts what `removeErased` took out. */
export function countLost(tenantId: string, lost: readonly Lost[]): Sql {
  return sql`
    update segment_state st set contact_count = st.contact_count - lost.count
    from unnest(${lost.map(({ segment_id }) => segment_id)}::uuid[], ${lost.map(({ count }) => count)}::bigint[]) as lost (segment_id, count)
    where st.tenant_id = ${tenantId}::uuid and st.segment_id = lost.segment_id`;
}
