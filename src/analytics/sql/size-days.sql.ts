import { sql, type Sql } from '#database';
import { beginOf, type DayRange, dayOf, endOf } from './local-days.sql.js';

export interface SizeScope {
  readonly tenantId: string;
  readonly range: DayRange;
  readonly segmentIds: readonly string[] | null;
  /** Whether the day before the range is rolled up, so that its sizes can be built on. */
  readonly dayBeforeIsRolled: boolean;
  readonly until?: Date;
}

/**
 * A SELECT of `segment_id`, `day`, `size` at the day's end, `entered` and `exited`, of every segment that had members or
 * changes. Members lost by erasure count on the UTC days that were kept of them. Reads membership_change_by_time for the
 * days; the sizes before them come from the rollup, or else from the whole history.
 */
export function sizeDays(scope: SizeScope): Sql {
  const { tenantId, range: { from, to, zone }, segmentIds, until } = scope;
  const named = (alias: string): Sql => sql`${sql.ref(alias)}.tenant_id = ${tenantId}::uuid
    ${segmentIds === null ? sql`` : sql`and ${sql.ref(alias)}.segment_id = any(${[...segmentIds]}::uuid[])`}`;
  return sql`
    with change as (
      select segment_id, day, sum(entered) as entered, sum(exited) as exited from (
        select h.segment_id, ${dayOf(sql`h.at`, zone)} as day, (h.change = 'entered')::int as entered, (h.change = 'exited')::int as exited
        from membership_change h
        where ${named('h')} and h.at >= ${beginOf(from, zone)} and h.at < ${endOf(to, zone)}
          ${until === undefined ? sql`` : sql`and h.at <= ${until}::timestamptz`}
        union all
        select x.segment_id, x.on_day, x.entered, x.exited from membership_erased x
        where ${named('x')} and x.on_day between ${from}::date and ${to}::date
      ) changes group by segment_id, day
    ),
    base as (${scope.dayBeforeIsRolled ? storedBase(named, from) : wholeBase(named, from, zone)})
    select s.segment_id, d.day::date as day, coalesce(c.entered, 0) as entered, coalesce(c.exited, 0) as exited,
      greatest(0, coalesce(b.size, 0) + sum(coalesce(c.entered, 0) - coalesce(c.exited, 0)) over (partition by s.segment_id order by d.day)) as size
    from (select segment_id from base where size <> 0 union select segment_id from change) s
    cross join generate_series(${from}::date, ${to}::date, interval '1 day') d (day)
    left join base b on b.segment_id = s.segment_id
    left join change c on c.segment_id = s.segment_id and c.day = d.day::date`;
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
