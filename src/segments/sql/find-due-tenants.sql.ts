import { sql, type Sql } from '#database';

/**
 * Tenants with work that somebody should have been rung for: changes in the log, a refresh that waits or claims to run, or
 * a segment that is due, because it owes a refresh or because the next edge of a rule has come. Read as the sweep's role,
 * which sees only these columns.
 */
export function findDueTenants(realNow: Date, isDistributed: boolean): Sql {
  return sql`
    ${isDistributed ? readChanged : hopThroughChanged}
    union select tenant_id from segment_refresh where status in ('queued', 'running')
    union select tenant_id from segment_state where at <= ${realNow}::timestamptz
    order by 1`;
}

/** From tenant to tenant, however many changes one of them has. */
const hopThroughChanged = sql`
  with recursive changed as (
    (select tenant_id from contact_change order by tenant_id limit 1)
    union all
    select (select c.tenant_id from contact_change c where c.tenant_id > changed.tenant_id order by c.tenant_id limit 1)
    from changed where changed.tenant_id is not null
  )
  select tenant_id as id from changed where tenant_id is not null`;

/** Citus takes no recursion over several shards; each reads its part of the log. */
const readChanged = sql`select tenant_id as id from contact_change`;

/** Tenants of which some refresh claims to run. Read as the sweep's role. */
export const findRunningTenants = sql`select distinct tenant_id as id from segment_refresh where status = 'running'`;
