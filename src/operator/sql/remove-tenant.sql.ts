import { type Sql, sql } from '#database';

/** A table with rows of tenants, as the catalogue tells of it. */
export interface TenantTable {
  readonly name: string;
  /** The columns of its primary key after the tenant, with their types. */
  readonly key: readonly { readonly name: string; readonly type: string }[];
  /** The tables that its foreign keys name, itself left out. */
  readonly references: readonly string[];
}

/**
 * Every table with rows of tenants, so that none is forgotten. Refreshes come first, which stops those under way; last come
 * tables without a foreign key: whoever writes there holds rows of others, and so is done once those are gone.
 */
export const tenantTables = sql`
  select c.relname as name, f.names as references,
    coalesce((select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by k.place)
      from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary and a.attname <> 'tenant_id'), '[]') as key
  from pg_class c
  cross join lateral (select array(select distinct t.relname::text from pg_constraint o join pg_class t on t.oid = o.confrelid
    where o.conrelid = c.oid and o.contype = 'f' and o.confrelid <> c.oid) as names) f
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
  order by cardinality(f.names) = 0, c.relname <> 'segment_refresh', c.relname`;

/** Where a batch ends: the key of the last of so many rows after one; no row where fewer are left. */
export function endOfBatch(tenantId: string, table: TenantTable, after: readonly string[] | null, rows: number): Sql {
  return sql`
    select array[${sql.join(table.key.map(({ name }) => sql`${sql.ref(name)}::text`))}] as key from ${sql.table(table.name)}
    where tenant_id = ${tenantId}::uuid ${after === null ? sql`` : sql`and ${beside(table, '>', after)}`}
    order by ${columns(table)} offset ${rows - 1} limit 1`;
}

/** Deletes the rows after one key up to another, which goes with them, or all after it: a range of the primary key, so that what is deleted already is not passed again. */
export function removeBetween(tenantId: string, table: TenantTable, after: readonly string[] | null, end: readonly string[] | null): Sql {
  return sql`
    delete from ${sql.table(table.name)} where tenant_id = ${tenantId}::uuid
      ${after === null ? sql`` : sql`and ${beside(table, '>', after)}`} ${end === null ? sql`` : sql`and ${beside(table, '<=', end)}`}`;
}

/** Whoever adds a row that names the tenant waits from here on, and finds that it is gone. */
export function lockTenant(tenantId: string): Sql {
  return sql`select from tenant where id = ${tenantId}::uuid for update`;
}

export function removeRow(tenantId: string): Sql {
  return sql`delete from tenant where id = ${tenantId}::uuid`;
}

function columns({ key }: TenantTable): Sql {
  return sql.join(key.map(({ name }) => sql.ref(name)));
}

function beside(table: TenantTable, comparison: '>' | '<=', values: readonly string[]): Sql {
  // Types come from the catalogue.
  return sql`(${columns(table)}) ${sql.raw(comparison)} (${sql.join(table.key.map(({ type }, at) => sql`${values[at]}::${sql.raw(type)}`))})`;
}
