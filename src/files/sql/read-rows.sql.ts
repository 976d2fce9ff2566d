import { sql, type Sql } from '#database';

const all = sql`true`;

/**
 * The next members of a segment in the order of their ids: a range of its primary key, whatever came before. `offset 0`: each
 * contact is looked up. Of members without statistics yet, the planner would rather read all contacts for each batch (123 s of a million).
 */
export function nextMembers(tenantId: string, segmentId: string, columns: Sql, after: string | null, limit: number, only: Sql = all): Sql {
  return sql`
    select found.* from segment_member m
    cross join lateral (select m.contact_id as key${columns} from contact c where c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id and ${only} offset 0) found
    where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid
      ${after === null ? sql`` : sql`and m.contact_id > ${after}::uuid`}
    order by m.contact_id limit ${limit}`;
}

/** The next contacts in the order of their ids. */
export function nextContacts(tenantId: string, columns: Sql, after: string | null, limit: number, only: Sql = all): Sql {
  return sql`
    select c.id as key${columns} from contact c where c.tenant_id = ${tenantId}::uuid
      ${after === null ? sql`` : sql`and c.id > ${after}::uuid`} and ${only}
    order by c.id limit ${limit}`;
}

/** The next events in the order of the sender's ids, with the address of whoever they are of and the key of an own type. */
export function nextEvents(tenantId: string, columns: Sql, after: string | null, limit: number, only: Sql = all): Sql {
  return sql`
    select e.id as key${columns}
    from (
      select * from contact_event e where tenant_id = ${tenantId}::uuid
        ${after === null ? sql`` : sql`and id > ${after}`} and ${only}
      order by id limit ${limit}
    ) e
    join contact c on c.tenant_id = ${tenantId}::uuid and c.id = e.contact_id
    left join event_type t on t.tenant_id = ${tenantId}::uuid and t.id::text = e.type
    order by e.id`;
}
