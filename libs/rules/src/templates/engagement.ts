import { allActiveSubscribers, productUsers, recentPurchasers, unengaged } from './required.js';
import {
  all, any, atLeast, field, inSegment, moreThanAgo, never, ofCampaign, rules, template, within, type SegmentTemplate,
} from './template.js';

const PRODUCT_LAUNCH = 'Product Launch Q4';
const FEATURE_ANNOUNCEMENT = 'Feature Announcement';

const subscribed = [field('contact.subscription_status', 'equals', 'active'), field('contact.unsubscribed', 'equals', false)];
const onDevice = (device: string) => ({ property: 'device', operator: 'equals', value: device });
const urlContains = (text: string) => ({ property: 'url', operator: 'contains', value: text });

/** The guide's segments of what contacts do. */
export const engagementTemplates: readonly SegmentTemplate[] = [
  template(1, 'active-subscribers', 'Active Subscribers', 'Subscribed, and opened an email within the last 30 days.', rules(all(
    within('engagement.last_opened_at', 30), ...subscribed,
  ))),
  template(2, 'highly-engaged', 'Highly Engaged', 'Opened at least 5 times and clicked at least twice in 30 days, active within the last 7.', rules(all(
    atLeast(5, 'opened', 30), atLeast(2, 'clicked', 30), within('engagement.last_activity_at', 7),
  ))),
  template(3, 'inactive-contacts', 'Inactive Contacts', 'Subscribed, but last opened an email more than 90 days ago.', rules(all(
    moreThanAgo('engagement.last_opened_at', 90), ...subscribed,
  ))),
  template(4, 'never-engaged', 'Never Engaged', 'Added more than 30 days ago; never opened, never clicked.', rules(all(
    field('engagement.total_opens', 'equals', 0), field('engagement.total_clicks', 'equals', 0), moreThanAgo('contact.created_at', 30),
  ))),
  template(13, 'click-but-never-convert', 'Click-But-Never-Convert', 'Clicked at least 10 times, lately within 30 days, and never converted.', rules(all(
    field('engagement.total_clicks', 'greater_or_equal', 10), field('engagement.total_conversions', 'equals', 0),
    within('engagement.last_clicked_at', 30),
  ))),
  template(14, 'mobile-openers', 'Mobile Openers', 'Open on mobile only.', rules(all(
    field('engagement.last_opened_device', 'equals', 'mobile'),
    { event: 'opened', count: { operator: 'greater_or_equal', value: 5 }, where: [onDevice('mobile')] },
    never('opened', onDevice('desktop')),
  ))),
  template(15, 'time-based-engagement', 'Time-Based Engagement', 'Mostly open from 9 to 11 on working days.', rules(all(
    field('engagement.most_common_open_hour', 'between', [9, 11]), field('engagement.most_common_open_weekday', 'between', [1, 5]),
  ))),
  template(16, 'clicked-specific-link', 'Clicked Specific Link', `Clicked on pricing in “${PRODUCT_LAUNCH}”, and on no demo.`, rules(all(
    { event: 'clicked', where: [ofCampaign(PRODUCT_LAUNCH), urlContains('pricing')] },
    never('clicked', ofCampaign(PRODUCT_LAUNCH), urlContains('demo')),
  )), { campaigns: [PRODUCT_LAUNCH] }),
  template(17, 'opened-but-didnt-click', 'Opened But Didn’t Click', `Was sent “${FEATURE_ANNOUNCEMENT}” more than 3 days ago, opened it, and clicked nothing.`, rules(all(
    { event: 'sent', window: { olderThan: 3, unit: 'days' }, where: [ofCampaign(FEATURE_ANNOUNCEMENT)] },
    { event: 'opened', where: [ofCampaign(FEATURE_ANNOUNCEMENT)] },
    never('clicked', ofCampaign(FEATURE_ANNOUNCEMENT)),
  )), { campaigns: [FEATURE_ANNOUNCEMENT] }),
  template(18, 'hot-leads', 'Hot Leads', 'A lead score of 80 to 100, active within 14 days, opened the last email.', rules(all(
    field('contact.lead_score', 'between', [80, 100]), within('engagement.last_activity_at', 14),
    field('engagement.opened_last_email', 'equals', true),
  ))),
  template(19, 'warm-leads', 'Warm Leads', 'A lead score of 50 to 79, active within 30 days.', rules(all(
    field('contact.lead_score', 'between', [50, 79]), within('engagement.last_activity_at', 30),
  ))),
  template(20, 'cold-leads', 'Cold Leads', 'A lead score below 50, or no activity for more than 60 days.', rules(any(
    field('contact.lead_score', 'between', [0, 49]), moreThanAgo('engagement.last_activity_at', 60),
  ))),
  template(25, 'exclude-other-segments', 'Exclude Other Segments', 'Active subscribers who neither bought lately nor have gone quiet.', {
    ...rules(all(inSegment(allActiveSubscribers))),
    exclusions: [all(inSegment(recentPurchasers)), all(inSegment(unengaged))],
  }, { segments: [allActiveSubscribers, recentPurchasers, unengaged] }),
  template(26, 'suppress-recent-recipients', 'Suppress Recent Recipients', 'Product users who were sent no product campaign within the last 7 days.', {
    ...rules(all(inSegment(productUsers))),
    exclusions: [all({
      event: 'sent', window: { last: 7, unit: 'days' },
      where: [{ property: 'campaign.name', operator: 'contains', value: 'Product' }],
    })],
  }, { segments: [productUsers] }),
];
