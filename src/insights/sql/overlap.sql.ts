import { sql, type Sql } from '#database';

/**
 * How many contacts are in exactly which of the segments: a bit for each segment by its place in `ids`. One pass over the
 * members of these segments, by the primary key of segment_member; an erased contact does not count.
 */
function masks(tenantId: string, ids: readonly string[]): Sql {
  return sql`
    select mask, count(*) as size from (
      select m.contact_id, bit_or(1 << (named.place::int - 1)) as mask
      from unnest(${[...ids]}::uuid[]) with ordinality as named (id, place)
      join segment_member m on m.tenant_id = ${tenantId}::uuid and m.segment_id = named.id
      join contact c on c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id
      group by m.contact_id
    ) of_contact group by mask`;
}

/**
 * One row, of contacts that are looked at once: `pairs`, for each two places (0 first; a place with itself is the segment's
 * size) how many are in both; and, where asked for, `regions` that hold anybody, the largest first.
 */
export function countOverlap(tenantId: string, ids: readonly string[], withRegions: boolean): Sql {
  return sql`
    with region as materialized (${masks(tenantId, ids)}), place as (select unnest(${[...ids.keys()]}::int[]) as at),
    pair as (
      select a.at as a, b.at as b, coalesce(sum(r.size), 0) as size
      from place a join place b on a.at <= b.at
      left join region r on (r.mask >> a.at) & (r.mask >> b.at) & 1 = 1
      group by a.at, b.at
    )
    select (select json_agg(p order by a, b) from pair p) as pairs
      ${withRegions ? sql`, (select coalesce(json_agg(r order by size desc, mask), '[]') from region r) as regions` : sql``}`;
}
