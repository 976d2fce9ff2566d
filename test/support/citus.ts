import type pg from 'pg';

/**
 * Stands in for the extension, which is not to be had where the tests run: what migrations call, with a record of it, and
 * refusals of what Citus 14 refuses, in its own words where they are known.
 */
export const standInForCitus = /* sql */ `
create table pg_dist_partition (logicalrelid regclass primary key, partmethod "char" not null, distributed_by text, colocated_with text, at int generated always as identity);
grant select on pg_dist_partition to public;

create function create_reference_table(t regclass) returns void language plpgsql as $$
begin
  if exists (select from pg_constraint where contype = 'f' and t in (conrelid, confrelid)) then
    raise 'cannot create foreign key constraint since %: it has keys with tables that are local', t;
  end if;
  insert into pg_dist_partition values (t, 'n');
end $$;

create function create_distributed_table(t regclass, distribution_column text, distribution_type text default 'hash', colocate_with text default 'default')
returns void language plpgsql as $$
begin
  if exists (select from pg_dist_partition where logicalrelid = t) then raise 'table "%" is already distributed', t; end if;
  if exists (select from pg_constraint where contype = 'f' and t in (conrelid, confrelid)) then
    raise 'cannot create foreign key constraint: "%" has keys with tables that are local', t;
  end if;
  if exists (select from pg_index x where x.indrelid = t and (x.indisunique or x.indisexclusion) and not exists (
    select from pg_attribute a where a.attrelid = t and a.attname = distribution_column and a.attnum = any(x.indkey::int2[]))) then
    raise 'cannot create constraint on "%": it does not include the partition column', t;
  end if;
  -- Not Citus' own: its SELECT would find no row.
  if (select relforcerowsecurity from pg_class where oid = t) then raise 'the rows of "%" are hidden from its owner', t; end if;
  if colocate_with not in ('none', 'default') and not exists (select from pg_dist_partition where logicalrelid = colocate_with::regclass) then
    raise 'relation % is not distributed', colocate_with;
  end if;
  insert into pg_dist_partition values (t, 'h', distribution_column, colocate_with);
end $$;

create function refuse_keys() returns event_trigger language plpgsql as $$
declare fault text;
begin
  select format('%s.%s', k.conrelid::regclass, k.conname) into fault from pg_constraint k
    left join pg_dist_partition d on d.logicalrelid = k.conrelid left join pg_dist_partition r on r.logicalrelid = k.confrelid
    where k.contype = 'f' and (d.logicalrelid is not null or r.logicalrelid is not null) and not (
      coalesce(d.partmethod = 'h' and (r.partmethod = 'n' or r.partmethod = 'h' and k.conkey[1] = (
        select attnum from pg_attribute where attrelid = k.conrelid and attname = 'tenant_id')), false)
      and k.confdeltype not in ('n', 'd') and k.confupdtype not in ('c', 'n', 'd'));
  if fault is not null then raise 'cannot create foreign key constraint %', fault; end if;
end $$;
create event trigger refuse_keys on ddl_command_end when tag in ('ALTER TABLE', 'CREATE TABLE') execute function refuse_keys();
`;

const tenantTables = `
  select c.oid, c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;

const refused: readonly string[] = [
  `select t.name || ': the foreign key ' || conname || ' clears a column or follows an update' as fault from (${tenantTables}) t join pg_constraint k on k.conrelid = t.oid
    where contype = 'f' and (confdeltype in ('n', 'd') or confupdtype in ('c', 'n', 'd'))`,
  `select t.name || ': the foreign key ' || conname || ' is to a table that is not distributed' as fault from (${tenantTables}) t join pg_constraint k on k.conrelid = t.oid
    where contype = 'f' and confrelid <> 'tenant'::regclass and confrelid not in (select oid from (${tenantTables}) other)`,
  `select conrelid::regclass || ': the foreign key ' || conname || ' is of a table that is not distributed' as fault from pg_constraint
    where contype = 'f' and (confrelid = 'tenant'::regclass or confrelid in (select oid from (${tenantTables}) t)) and conrelid not in (select oid from (${tenantTables}) t)`,
  `select t.name || ': it has the trigger ' || tgname as fault from (${tenantTables}) t join pg_trigger on tgrelid = t.oid where not tgisinternal`,
  `select t.name || ': it has the rule ' || rulename as fault from (${tenantTables}) t join pg_rewrite on ev_class = t.oid`,
  `select t.name || ': ' || attname || ' counts in less than bigint' as fault from (${tenantTables}) t join pg_attribute on attrelid = t.oid
    where not attisdropped and (attidentity <> '' and atttypid <> 'bigint'::regtype)`,
  `select t.name || ': the policy ' || polname || ' has a subquery' as fault from (${tenantTables}) t join pg_policy on polrelid = t.oid
    where concat(polqual::text, polwithcheck::text) like '%SUBLINK%'`,
];

/** What Citus would not distribute, from the catalogue: one line each. That keys begin with the tenant is told by `wallFaults`. */
export async function refusedByCitus(client: pg.Client): Promise<string[]> {
  const faults: string[] = [];
  for (const text of refused) faults.push(...(await client.query<{ fault: string }>(text)).rows.map(({ fault }) => fault));
  return faults;
}
