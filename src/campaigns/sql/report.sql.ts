import { sql, type Sql } from '#database';
import { isCampaignId } from './campaign-id.sql.js';

/**
 * Events of a campaign by type: those that carry its id, or its external id unless that is the id of another campaign.
 * Reads contact_event_by_campaign.
 */
export function campaignEvents(tenantId: string, campaignId: string, externalId: string | null, asOf: Date): Sql {
  return sql`
    select e.type, count(*) as total, count(distinct e.contact_id) as contacts, coalesce(sum(e.revenue), 0) as revenue
    from contact_event e
    where e.tenant_id = ${tenantId}::uuid and e.occurred_at <= ${asOf}::timestamptz and (
      e.campaign_id = ${campaignId}
      ${externalId === null ? sql`` : sql`or (e.campaign_id = ${externalId} and not ${isCampaignId(tenantId, sql`${externalId}::text`)})`})
    group by e.type`;
}

/**
 * What each group of the launch did since then, whatever brought it about: those held out have no event of the campaign,
 * so that only all events compare. Reads contact_event_by_contact for each contact of the launch.
 */
export function comparedGroups(tenantId: string, campaignId: string, launchedAt: Date, asOf: Date): Sql {
  return sql`
    with behaviour as (
      select r.holdout, r.contact_id, bool_or(e.type = 'converted') as converted, bool_or(e.type = 'unsubscribed') as unsubscribed,
        sum(e.revenue) as revenue
      from campaign_recipient r
      left join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = r.contact_id
        and e.occurred_at >= ${launchedAt}::timestamptz and e.occurred_at <= ${asOf}::timestamptz
      where r.tenant_id = ${tenantId}::uuid and r.campaign_id = ${campaignId}::uuid
      group by r.holdout, r.contact_id
    )
    select holdout, count(*) as contacts, count(*) filter (where converted) as converted,
      count(*) filter (where unsubscribed) as unsubscribed, coalesce(sum(revenue), 0) as revenue
    from behaviour group by holdout`;
}
