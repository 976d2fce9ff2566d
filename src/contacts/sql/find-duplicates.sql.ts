import { sql, type Sql } from '#database';

export const duplicateKeys = ['email', 'phone', 'name'] as const;
/** What contacts of one group have in common. */
export type DuplicateKey = (typeof duplicateKeys)[number];

/** A contact's key as an expression over `contact c`; null where it has none. */
const keys: Readonly<Record<DuplicateKey, Sql>> = {
  // What most providers deliver to one mailbox: no matter what follows a plus, and at Gmail no matter where dots are.
  email: sql`case when split_part(c.email_folded, '@', -1) in ('gmail.com', 'googlemail.com')
      then replace(split_part(split_part(c.email_folded, '@', 1), '+', 1), '.', '') || '@gmail.com'
    else split_part(split_part(c.email_folded, '@', 1), '+', 1) || '@' || split_part(c.email_folded, '@', -1) end`,
  // The digits; of ten or more the last ten, which leave the country's code out.
  phone: sql`case when length(regexp_replace(c.phone, '[^0-9]', '', 'g')) >= 7 then right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 10) end`,
  name: sql`case when trim(c.first_name) <> '' and trim(c.last_name) <> '' and trim(c.company) <> ''
    then lower(regexp_replace(c.first_name || '|' || c.last_name || '|' || c.company, '\\s+', ' ', 'g') collate "pg_c_utf8") end`,
};

/** Of a group so many contacts are named, the oldest first. */
const namedContacts = 20;

/**
 * Groups of contacts with the same key: `place` (a hash, so that a cursor carries nobody's address), `count` and `ids`. In
 * the order of `place`, after `after`. Reads all contacts of the tenant once.
 */
export function findDuplicates(tenantId: string, by: DuplicateKey, limit: number, after: string | null): Sql {
  return sql`
    select place, count, ids from (
      select encode(sha256(convert_to(key, 'UTF8')), 'hex') as place, count, ids from (
        select ${keys[by]} as key, count(*) as count, (array_agg(c.id order by c.created_at, c.id))[:${sql.raw(String(namedContacts))}] as ids
        from contact c where c.tenant_id = ${tenantId}::uuid and ${keys[by]} is not null
        group by 1 having count(*) > 1
      ) grouped
    ) placed
    ${after === null ? sql`` : sql`where place > ${after}::text`}
    order by place limit ${limit}`;
}
