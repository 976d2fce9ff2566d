import type pg from 'pg';

/** Tables that belong to no tenant. pg-boss keeps its own in a schema of its own. */
const withoutTenant = ['schema_migration', 'tenant'];
const schemas = ['pgboss', 'public'];
const role = 'segments_app';
const wall = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)";

/** Everything in the catalogue that would let a tenant's rows past row-level security: one line each. */
export async function wallFaults(client: pg.Client): Promise<string[]> {
  const faults: string[] = [];
  for (const [text, values] of checks) {
    const { rows } = await client.query<{ fault: string }>(text, values);
    faults.push(...rows.map(({ fault }) => fault));
  }
  return faults;
}

const tables = `
  select c.oid, c.relname as name, c.relowner, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    (select a.attnum from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as tenant_column
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm', 'f')`;

const checks: readonly (readonly [text: string, values: unknown[]])[] = [
  [`select name || ': it has no tenant_id' as fault from (${tables}) t where tenant_column is null and name <> all($1)`, [withoutTenant]],
  [`select name || ': row-level security is not enabled' as fault from (${tables}) t where tenant_column is not null and not enabled`, []],
  [`select name || ': row-level security is not forced' as fault from (${tables}) t where tenant_column is not null and not forced`, []],
  [`select name || ': its owner is the service''s role' as fault from (${tables}) t where relowner = $1::regrole`, [role]],
  [`select name || ': its policies are not the one of all tables' as fault from (${tables}) t
    where tenant_column is not null and (select array_agg(
        concat_ws(' ', polpermissive, polcmd, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)))
      from pg_policy where polrelid = t.oid and not (polname = 'sweep' and polroles = array['segments_sweep'::regrole::oid] and polcmd = 'r')) is distinct from array[concat_ws(' ', true, '*', '{0}', $1::text, $1::text)]`, [wall]],
  [`select name || ': it has no primary key' as fault from (${tables}) t
    where tenant_column is not null and not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'p')`, []],
  [`select name || ': its tenant_id is not a uuid that is always there' as fault from (${tables}) t join pg_attribute a on a.attrelid = t.oid and a.attnum = t.tenant_column
    where not a.attnotnull or a.atttypid <> 'uuid'::regtype`, []],
  [`select name || ': the unique index ' || i.relname || ' does not begin with tenant_id' as fault
    from (${tables}) t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
    where tenant_column is not null and (x.indisunique or x.indisexclusion) and x.indkey[0] <> tenant_column`, []],
  [`select name || ': the foreign key ' || conname || ' does not begin with tenant_id' as fault
    from (${tables}) t join pg_constraint k on k.conrelid = t.oid
    where tenant_column is not null and contype = 'f' and (k.conkey[1] <> tenant_column or not exists (
      select from pg_attribute f where f.attrelid = k.confrelid and f.attnum = k.confkey[1]
        and (f.attname = 'tenant_id' or k.confrelid = 'tenant'::regclass)))`, []],
  [`select 'the service''s role passes row-level security' as fault from pg_roles
    where rolname = $1 and (rolsuper or rolbypassrls or rolcreaterole or rolreplication)`, [role]],
  ["select 'the service''s role is a member of ' || roleid::regrole as fault from pg_auth_members where member = $1::regrole", [role]],
  [`select name || ': the service''s role may truncate or reference it' as fault from (${tables}) t
    where has_table_privilege($1, t.oid, 'truncate') or has_table_privilege($1, t.oid, 'references') or has_table_privilege($1, t.oid, 'trigger')`, [role]],
  [`select relname || ': a view that runs as its owner' as fault from pg_class
    where relnamespace = 'public'::regnamespace and (relkind = 'm' or relkind = 'v' and not coalesce(reloptions, '{}') @> '{security_invoker=true}')`, []],
  [`select proname || ': a function that runs as its owner' as fault from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where prosecdef and n.nspname not in ('pg_catalog', 'information_schema')`, []],
  [`select nspname || ': a schema that nobody expects' as fault from pg_namespace
    where nspname <> all($1) and nspname <> 'information_schema' and nspname not like 'pg\\_%'`, [schemas]],
];
