import { sql, type Sql } from '#database';
import { during, staysIn } from './event-days.sql.js';
import { beginOf, type DayRange, endOf } from './local-days.sql.js';

/** The steps after a message was sent, in their order. */
export const funnelSteps = ['delivered', 'opened', 'clicked', 'converted'] as const;

/**
 * One row: how many messages (a contact and a campaign; a contact's events without a campaign are one) were sent in the
 * days to contacts who were members then, and how many of these reached each step since, or a later one: who clicked has
 * opened, images or not. Reads contact_event_by_type for the sends; and for what followed, which cannot be before the days
 * began, either that or contact_event_by_contact: messages of a month are looked up in one scan, those of a day long ago one by one.
 */
export function funnel(tenantId: string, segmentId: string, { from, to, zone }: DayRange, now: Date): Sql {
  const reached = sql.join(funnelSteps.map((step, at) => sql`when ${step} then ${at + 1}::int`), sql` `);
  return sql`
    with sent_then as materialized (
      select e.contact_id, e.campaign_id, e.occurred_at from contact_event e
      where e.tenant_id = ${tenantId}::uuid and e.type = 'sent' and e.occurred_at >= ${beginOf(from, zone)}
        and e.occurred_at < ${endOf(to, zone)} and e.occurred_at <= ${now}::timestamptz
    ),
    stay as materialized (${staysIn({ tenantId, segmentIds: [segmentId], since: beginOf(from, zone) }, sql`select contact_id from sent_then`)}),
    message as materialized (
      select e.contact_id, coalesce(e.campaign_id, '') as campaign, min(e.occurred_at) as sent_at from sent_then e
      where exists (select from stay s where ${during(sql`e`)})
      group by 1, 2
    ),
    followed as (
      select m.contact_id, m.campaign, max(case e.type ${reached} end) as reached
      from message m join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = m.contact_id
        and e.type = any(${[...funnelSteps]}::text[] collate "C") and e.occurred_at >= ${beginOf(from, zone)} and e.occurred_at >= m.sent_at and e.occurred_at <= ${now}::timestamptz
        and coalesce(e.campaign_id, '') = m.campaign
      group by 1, 2
    )
    select count(*) as sent, ${sql.join(funnelSteps.map((step, at) => sql`count(*) filter (where f.reached >= ${at + 1}::int) as ${sql.ref(step)}`))}
    from message m left join followed f using (contact_id, campaign)`;
}
