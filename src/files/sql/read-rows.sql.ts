import { sql, type Sql } from '#database';

const all = sql`true`;

/** Where more than a fifth of the contacts are members: a million contacts are passed by in 1.2 s, and 180,000 are looked up in that time. */
export function isDense({ members, contacts }: { readonly members: number; readonly contacts: number }): boolean {
  return members * 5 > contacts;
}

/**
 * The next members of a dense segment in the order of their ids: contacts and members side by side, by `sideBySide`. Of a thousand
 * rows the look-ups of `nextMembers` take 8 ms, and this 1.4.
 */
export function nextOfMany(tenantId: string, segmentId: string, columns: Sql, after: string | null, limit: number, only: Sql = all): Sql {
  return sql`
    select m.contact_id::text as key${columns} from segment_member m
    join contact c on c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id ${after === null ? sql`` : sql`and c.id > ${after}::uuid`}
    where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid
      ${after === null ? sql`` : sql`and m.contact_id > ${after}::uuid`} and ${only}
    order by m.contact_id limit ${limit}`;
}

/**
 * To the end of the transaction tables are joined in the order of indexes, whatever the planner expects of a segment without statistics yet.
 * Citus tells its workers of `set local`, and not of what a function sets.
 */
export const sideBySide = [sql`set local enable_nestloop = off`, sql`set local enable_hashjoin = off`, sql`set local enable_sort = off`];

/**
 * The next members of a segment in the order of their ids: a range of its primary key, whatever came before. `offset 0`: each
 * contact is looked up. Of members without statistics yet, the planner would rather read all contacts for each batch (123 s of a million).
 */
export function nextMembers(tenantId: string, segmentId: string, columns: Sql, after: string | null, limit: number, only: Sql = all): Sql {
  return sql`
    select found.* from segment_member m
    cross join lateral (select m.contact_id::text as key${columns} from contact c where c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id and ${only} offset 0) found
    where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid
      ${after === null ? sql`` : sql`and m.contact_id > ${after}::uuid`}
    order by m.contact_id limit ${limit}`;
}

/** The next contacts in the order of their ids. */
export function nextContacts(tenantId: string, columns: Sql, after: string | null, limit: number, only: Sql = all): Sql {
  return sql`
    select c.id::text as key${columns} from contact c where c.tenant_id = ${tenantId}::uuid
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
