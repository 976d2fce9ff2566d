import { sql, type Sql } from '#database';
import { foldedSql } from '#rules';
import { contactColumns } from '../contact-record.js';

/** One contact by its id; locked, it waits for the other writers of the contact. */
export function findContact(tenantId: string, id: string, lock: 'none' | 'for update' | 'for no key update' = 'none'): Sql {
  const clause = { none: sql``, 'for update': sql`for update`, 'for no key update': sql`for no key update` }[lock];
  return sql`select ${contactColumns} from contact c where c.tenant_id = ${tenantId}::uuid and c.id = ${id}::uuid ${clause}`;
}

/** Those of the contacts that are there. */
export function findContacts(tenantId: string, ids: readonly string[]): Sql {
  return sql`select ${contactColumns} from contact c where c.tenant_id = ${tenantId}::uuid and c.id = any(${[...new Set(ids)]}::uuid[])`;
}

/** A page of contacts in the order of the id, of one address where it is given (folded). */
export function listContacts(tenantId: string, emailFolded: string | null, after: string | null, limit: number): Sql {
  return sql`
    select ${contactColumns} from contact c
    where c.tenant_id = ${tenantId}::uuid
      ${emailFolded === null ? sql`` : sql`and c.email_folded = ${emailFolded}`}
      ${after === null ? sql`` : sql`and c.id > ${after}::uuid`}
    order by c.id limit ${limit}`;
}

/**
 * Addresses as the unique index of contacts has them. Folded by the database in a statement of its own: below a
 * row-level security policy an index is reached by a ready value only, `lower()` in the look-up would scan.
 */
export function foldEmails(emails: readonly string[]): Sql {
  return sql`
    select lower(sent.email collate "pg_c_utf8") as folded
    from unnest(${emails}::text[]) with ordinality as sent (email, at) order by sent.at`;
}

/** For each folded address, in their order, the contact's id or null. */
export function idsByEmail(tenantId: string, folded: readonly string[]): Sql {
  return sql`
    select c.id from unnest(${folded}::text[]) with ordinality as named (folded, at)
    left join contact c on c.tenant_id = ${tenantId}::uuid and c.email_folded = named.folded collate "C"
    order by named.at`;
}

/** Those of the ids that are contacts of the tenant. */
export function existingIds(tenantId: string, ids: readonly string[]): Sql {
  return sql`select c.id from contact c where c.tenant_id = ${tenantId}::uuid and c.id = any(${ids}::uuid[])`;
}

/**
 * The contacts that have one of these values (folded) in a custom field, with the value. Reads every contact of the tenant:
 * JSON reaches no index below the policy, so it is asked once for many values.
 */
export function contactsByField(tenantId: string, fieldId: string, folded: readonly string[]): Sql {
  return sql`
    select found.id, found.value
    from (select c.id, ${foldedSql(sql`(c.custom ->> ${fieldId}::text)`)} as value from contact c
      where c.tenant_id = ${tenantId}::uuid) as found
    where found.value = any(${folded}::text[])`;
}
