import { sql, type Sql } from '#database';
import { beginOf, dayOf } from './local-days.sql.js';
import { halfHourParts, nameOf, type Stretch } from './stretch.sql.js';

export interface SizeScope {
  readonly tenantId: string;
  readonly stretch: Stretch;
  readonly segmentIds: readonly string[] | null;
  /** Whether the day before the first is rolled up, so that its sizes can be built on. */
  readonly dayBeforeIsRolled: boolean;
  readonly until?: Date;
}

/**
 * A SELECT of `segment_id`, `day`, `part`, `size`, `entered` and `exited`, of every segment that had members or changes. The size is that at
 * the day's end; half hours have none. Members lost by erasure
 * count on the UTC days that were kept of them, which half hours leave out. Reads membership_change_by_time for the stretch; the sizes
 * before its days come from the rollup, or else from the whole history.
 */
export function sizeDays(scope: SizeScope): Sql {
  const { tenantId, stretch: { zone, from, to, begin, end, parts, partOf, endsDays }, segmentIds, until } = scope;
  const named = (alias: string): Sql => sql`${sql.ref(alias)}.tenant_id = ${tenantId}::uuid
    ${segmentIds === null ? sql`` : sql`and ${sql.ref(alias)}.segment_id = any(${[...segmentIds]}::uuid[])`}`;
  return sql`
    with change as (
      select segment_id, day, part, sum(entered) as entered, sum(exited) as exited from (
        select h.segment_id, ${dayOf(sql`h.at`, zone)} as day, ${partOf(sql`h.at`)} as part, (h.change = 'entered')::int as entered, (h.change = 'exited')::int as exited
        from membership_change h
        where ${named('h')} and h.at >= ${begin} and h.at < ${end}
          ${until === undefined ? sql`` : sql`and h.at <= ${until}::timestamptz`}
        union all
        select x.segment_id, x.on_day, 'living', x.entered, x.exited from membership_erased x
        where ${named('x')} and x.on_day between ${from}::date and ${to}::date
      ) changes group by segment_id, day, part
    ),
    base as (${endsDays ? baseOf(named, scope) : noBase})
    select s.segment_id, p.day, p.part, coalesce(c.entered, 0) as entered, coalesce(c.exited, 0) as exited,
      ${endsDays ? sql`greatest(0, coalesce(b.size, 0) + sum(coalesce(c.entered, 0) - coalesce(c.exited, 0)) over (partition by s.segment_id order by p.day))` : sql`0`} as size
    from (select segment_id from base where size <> 0 union select segment_id from change) s
    cross join (${parts}) p
    left join base b on b.segment_id = s.segment_id
    left join change c on c.segment_id = s.segment_id and c.day = p.day and c.part = p.part`;
}

const noBase = sql`select null::uuid as segment_id, 0 as size where false`;

/** The size when the stretch begins: that of the day before, and what half hours before it have changed. */
function baseOf(named: (alias: string) => Sql, { stretch: { from, zone, halfHoursBefore }, dayBeforeIsRolled }: SizeScope): Sql {
  const before = dayBeforeIsRolled ? storedBase(named, from) : wholeBase(named, from, zone);
  if (halfHoursBefore === 0) return before;
  return sql`
    select segment_id, sum(size) as size from (
      select * from (${before}) before
      union all
      select r.segment_id, r.entered - r.exited from segment_day r
      where ${named('r')} and r.day = ${from}::date and ${halfHourParts} and r.part < ${nameOf(halfHoursBefore)}
    ) so_far group by segment_id`;
}

function storedBase(named: (alias: string) => Sql, from: string): Sql {
  return sql`select r.segment_id, r.size from segment_day r where ${named('r')} and r.day = ${from}::date - 1 and r.part = 'living'`;
}

function wholeBase(named: (alias: string) => Sql, from: string, zone: string): Sql {
  return sql`
    select segment_id, sum(delta) as size from (
      select h.segment_id, case h.change when 'entered' then 1 else -1 end as delta from membership_change h
      where ${named('h')} and h.at < ${beginOf(from, zone)}
      union all
      select x.segment_id, x.entered - x.exited from membership_erased x where ${named('x')} and x.on_day < ${from}::date
    ) earlier group by segment_id`;
}
