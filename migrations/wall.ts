/**
 * Puts tables of tenants behind the wall: row-level security, forced on their owner as well, with one policy, and the
 * service's role with the rights to rows that it has everywhere.
 */
export function behindTheWall(tables: readonly string[]): string {
  return /* sql */ `
do $$
declare t text;
begin
  foreach t in array array[${tables.map((table) => `'${table}'`).join(', ')}] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    -- nullif: an unset setting reads '' after its first use in a session, and the cast would raise.
    execute format($p$create policy tenant_wall on %I
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)$p$, t);
    execute format('grant select, insert, update, delete on %I to segments_app', t);
  end loop;
end $$;`;
}
