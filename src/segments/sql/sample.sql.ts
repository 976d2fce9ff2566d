import { sql, type Sql } from '#database';

/** In how many parts a tenant's contacts lie (migrations/0005-contact-bucket.sql.ts). */
export const allBuckets = 1024;

/** How many of them hold about so many of the contacts; all of them where there are no more. */
export function bucketsFor(wanted: number, contacts: number): number {
  return Math.min(allBuckets, Math.ceil(allBuckets * wanted / Math.max(contacts, 1)));
}

/** The contacts of the first so many parts: by (tenant_id, bucket, id) alone. */
export function contactsOfBuckets(tenantId: string, buckets: number): Sql {
  return sql`select s.id from contact s where s.tenant_id = ${tenantId}::uuid and s.bucket < ${buckets}::smallint`;
}

/** How many contacts were looked at, how many of them match, and the first of those. */
export function countSampled(looked: Sql, members: Sql, sampleLimit: number): Sql {
  return sql`
    with matching as materialized (${members})
    select (select count(*) from (${looked}) looked) as looked, (select count(*) from matching) as matched,
      (select array_agg(contact_id) from (select contact_id from matching order by contact_id limit ${sampleLimit}) first) as sample`;
}
