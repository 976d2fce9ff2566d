/**
 * The part of the tenant's contacts that a contact is in, of 1,024 parts of about one size: what an estimate looks at is
 * some of these. By the hash of the id, which has nothing to do with whatever rules ask. It rewrites the table once.
 */
export const up = /* sql */ `
alter table contact add column bucket smallint not null generated always as ((uuid_hash_extended(id, 0) & 1023)::smallint) stored;
create index contact_bucket on contact (tenant_id, bucket, id);
`;

export const down = /* sql */ `
drop index if exists contact_bucket;
alter table contact drop column if exists bucket;
`;
