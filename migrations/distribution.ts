/**
 * Where the extension Citus is present (its catalogue is), distributes each table of tenants that is not by its tenant_id,
 * and makes `tenant` a table that every node has; elsewhere it does nothing. It runs after the migrations of each start. A later
 * migration whose new table has keys runs it between the two: Citus takes no key between a distributed table and another.
 *
 * All of it or nothing: keys are taken off before and put back, and as long as they are off nobody else writes.
 */
export const distribute = /* sql */ `
do $distribute$
declare
  tables regclass[];
  t regclass;
  key record;
  keys text[] := '{}';
begin
  if to_regclass('pg_dist_partition') is null then return; end if;
  tables := array(
    select c.oid::regclass from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
      and not exists (select from pg_dist_partition d where d.logicalrelid = c.oid and d.partmethod = 'h')
    -- The first of a new database: the others lie beside it, whatever number of shards is usual by then.
    order by c.relname <> 'contact', c.relname);
  if cardinality(tables) = 0 then return; end if;

  -- One connection to each worker: what follows is one transaction there as well.
  set local citus.multi_shard_modify_mode = 'sequential';
  for key in
    select conrelid::regclass as of_table, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and conparentid = 0 and (conrelid = any(tables) or confrelid = any(tables)) order by conrelid::regclass::text, conname
  loop
    execute format('alter table %s drop constraint %I', key.of_table, key.name);
    keys := keys || format('alter table %s add constraint %I %s', key.of_table, key.name, key.definition);
  end loop;

  if not exists (select from pg_dist_partition where logicalrelid = 'tenant'::regclass) then
    perform create_reference_table('tenant');
  end if;
  foreach t in array tables loop
    -- Rows are moved by a SELECT of the owner, who sees none of them behind a wall that is forced.
    execute format('alter table %s no force row level security', t);
    perform create_distributed_table(t, 'tenant_id', colocate_with => case t when 'contact'::regclass then 'none' else 'contact' end);
    execute format('alter table %s force row level security', t);
  end loop;

  for i in 1 .. cardinality(keys) loop
    execute keys[i];
  end loop;

  -- The coordinator asks the workers as whoever asks it. Without a password they come in from where the workers trust it, only.
  for key in select rolname as name from pg_roles where rolname in ('segments_app', 'segments_sweep') and not rolcanlogin loop
    execute format('alter role %I login', key.name);
  end loop;
end $distribute$;
`;
