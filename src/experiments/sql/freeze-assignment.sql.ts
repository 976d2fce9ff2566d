import { sql, type Sql } from '#database';
import { placeSql } from '#rules';

export interface Freeze {
  readonly tenantId: string;
  readonly experimentId: string;
}

/**
 * Puts each contact of a set into one arm by its place among those of the experiment, which is the place that the rule
 * condition `random` gives it with the experiment's id as salt; counts the arms. `bounds` are the upper ends of the arms
 * in [0, 100], ascending, the last one 100.
 */
export function freezeSplit({ tenantId, experimentId }: Freeze, population: Sql, bounds: readonly number[]): Sql {
  return sql`
    with placed as (
      select contact_id, ${placeSql(experimentId, sql`contact_id`)} as place
      from (${population}) p
    ),
    frozen as (
      insert into experiment_assignment (tenant_id, experiment_id, contact_id, arm)
      select ${tenantId}::uuid, ${experimentId}::uuid, contact_id,
        case ${sql.join(bounds.slice(0, -1).map((bound, arm) => sql`when place < ${bound}::float8 then ${arm}::int`), sql` `)} else ${bounds.length - 1}::int end
      from placed order by contact_id
      returning arm
    )
    select arm, count(*) as contacts from frozen group by arm`;
}

/** Puts the members of each segment into its arm, and who is in several into none; counts the arms. */
export function freezeSegments({ tenantId, experimentId }: Freeze, populations: readonly Sql[]): Sql {
  const members = sql.join(populations.map((population, arm) => sql`select contact_id, ${arm}::int as arm from (${population}) p`), sql` union all `);
  return sql`
    with frozen as (
      insert into experiment_assignment (tenant_id, experiment_id, contact_id, arm)
      select ${tenantId}::uuid, ${experimentId}::uuid, m.contact_id, case when count(*) = 1 then min(m.arm) end
      from (${members}) m
      group by m.contact_id order by m.contact_id
      returning arm
    )
    select arm, count(*) as contacts from frozen group by arm`;
}

/** Everybody, as a SELECT of one column `contact_id`. */
export function everybody(tenantId: string): Sql {
  return sql`select id as contact_id from contact where tenant_id = ${tenantId}::uuid`;
}
