import { sql, type Sql } from '#database';

export interface Outcomes {
  readonly tenantId: string;
  readonly experimentId: string;
  readonly from: Date;
  readonly to: Date;
  /** By arm: what the events of its campaign carry as `campaignId`; null: opens and clicks of any campaign count. */
  readonly campaigns: readonly (readonly string[] | null)[];
  /** null: no revenue is asked for. */
  readonly revenue: RevenueRead | null;
}

export interface RevenueRead {
  /** Revenue from then to the start is the covariate; null: there is none. */
  readonly before: Date | null;
  /** Where an arm has more different revenues than this, `revenues` ends there. */
  readonly most: number;
}

/**
 * What each arm did from `from` to `to`, both included, by contact: who opened, clicked, converted, and the moments of
 * their revenue together with that of before, where these are asked for. Conversions and revenue count whichever campaign
 * brought them about, since those who were sent nothing have none. `arm` is null of contacts that are in several.
 *
 * Reads experiment_assignment by its key and contact_event_by_contact for each contact of the experiment; where they are
 * most of the tenant, the planner joins both by hash.
 */
export function outcomes({ tenantId, experimentId, from, to, campaigns, revenue }: Outcomes): Sql {
  const own = campaigns.flatMap((names, arm) => (names === null ? [] : [sql`when ${arm}::int then e.campaign_id = any(${[...names]}::text[])`]));
  const counts = own.length === 0 ? sql`` : sql` and case a.arm ${sql.join(own, sql` `)} else true end`;
  const since = sql`e.occurred_at >= ${from}::timestamptz`;
  const before = revenue?.before ?? null;
  return sql`
    with outcome as materialized (
      select a.arm, a.contact_id,
        coalesce(bool_or(${since} and e.type = 'opened'${counts}), false) as opened,
        coalesce(bool_or(${since} and e.type = 'clicked'${counts}), false) as clicked,
        coalesce(bool_or(${since} and e.type = 'converted'), false) as converted
        ${revenue === null ? sql`` : sql`, coalesce(sum(e.revenue) filter (where ${since}), 0)::float8 as revenue`}
        ${before === null ? sql`` : sql`, coalesce(sum(e.revenue) filter (where not ${since}), 0)::float8 as earlier`}
      from experiment_assignment a
      left join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = a.contact_id
        and e.occurred_at <= ${to}::timestamptz
        and ${before === null ? since : sql`(${since} or (e.occurred_at >= ${before}::timestamptz and e.revenue is not null))`}
      where a.tenant_id = ${tenantId}::uuid and a.experiment_id = ${experimentId}::uuid
      group by a.arm, a.contact_id
    )
    select o.arm, count(*) as contacts, count(*) filter (where opened) as opened, count(*) filter (where clicked) as clicked,
      count(*) filter (where converted) as converted
      ${revenue === null ? sql`` : moments(revenue.most)} ${before === null ? sql`` : momentsWithEarlier}
    from outcome o group by o.arm order by o.arm nulls last`;
}

const moments = (most: number): Sql => sql`
  , count(*) filter (where revenue <> 0) as with_revenue, avg(revenue) as mean, coalesce(var_samp(revenue), 0) as variance,
  (select coalesce(json_agg(json_build_array(v.revenue, v.contacts)), '[]') from (
    select w.revenue, count(*) as contacts from outcome w where w.arm = o.arm group by w.revenue order by w.revenue limit ${most + 1}) v) as revenues`;

const momentsWithEarlier = sql`
  , avg(earlier) as earlier_mean, coalesce(var_samp(earlier), 0) as earlier_variance, coalesce(covar_samp(revenue, earlier), 0) as covariance`;
