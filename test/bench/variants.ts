import { type Sql } from '#database';
import type { ConditionDefinition, SegmentDefinition } from '#rules';
import { all, any, atLeast, field, moreThanAgo, never, rules, within } from '../../libs/rules/src/templates/template.js';
import type { HandWritten } from './hand-written.sql.js';
import { campaigns } from './world.js';

/** A segment like one of the guide's, of another country, threshold, window or device, and the same by hand. */
export interface Variant {
  readonly name: string;
  readonly rules: SegmentDefinition;
  readonly hand: (by: HandWritten) => Sql;
}

type Family = (round: number, zone: string) => Omit<Variant, 'name'>;

const days = (amount: number) => ({ amount, unit: 'days' });
const pick = <T>(of: readonly T[], round: number): T => of[round % of.length]!;
const zones = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin', 'America/Los_Angeles'];
const subscribed = field('contact.subscription_status', 'equals', 'active');
const places = [['Canada', 'Ontario', 'Toronto'], ['Germany', 'Berlin', 'Berlin'], ['India', 'Karnataka', 'Bengaluru'], ['United States', 'Texas', 'Austin'], ['United Kingdom', 'England', 'London']] as const;
const sizes = ['1-10 employees', '11-50 employees', '201-1000 employees', '1000+ employees'];
const industries = ['Retail', 'Finance', 'Healthcare', 'Education', 'Manufacturing', 'SaaS', 'Software'];
const interests = ['email marketing', 'crm', 'reporting', 'design', 'sales', 'analytics'];
const devices = [['desktop', 'mobile'], ['tablet', 'desktop'], ['mobile', 'tablet']] as const;
const links = [['demo', 'pricing'], ['features', 'blog'], ['blog', 'demo']] as const;
const campaignOf = (round: number): (typeof campaigns)[number] => campaigns[50 - (round * 7) % 40]!;
const from = (campaign: (typeof campaigns)[number]) => ({ property: 'campaign.id', operator: 'in', value: [campaign.id, campaign.externalId] });
const onDevice = (device: string) => ({ property: 'device', operator: 'equals', value: device });
const urlHas = (text: string) => ({ property: 'url', operator: 'contains', value: text });
const made = (...conditions: ConditionDefinition[]): SegmentDefinition => rules(all(...conditions));

/** Each gives, round after round, other values of the same rule. */
const families: readonly Family[] = [
  (n) => ({ rules: made(within('engagement.last_opened_at', 12 + n * 7), subscribed), hand: (by) => by.openedWithin(12 + n * 7) }),
  (n) => ({ rules: made(atLeast(2 + n % 4, 'opened', 20 + n * 5), atLeast(1 + n % 3, 'clicked', 20 + n * 5), within('engagement.last_activity_at', 3 + n * 2)), hand: (by) => by.engaged(2 + n % 4, 1 + n % 3, 20 + n * 5, 3 + n * 2) }),
  (n) => ({ rules: made(moreThanAgo('engagement.last_opened_at', 45 + n * 11), subscribed), hand: (by) => by.inactive(45 + n * 11) }),
  (n) => ({ rules: made(field('engagement.total_opens', 'equals', 0), field('engagement.total_clicks', 'equals', 0), moreThanAgo('contact.created_at', 14 + n * 20)), hand: (by) => by.neverEngaged(14 + n * 20) }),
  (n) => {
    const [country, state, city] = pick(places, n);
    return { rules: rules(all(field('contact.country', 'equals', country), any(field('contact.state', 'equals', state), field('contact.city', 'equals', city)))), hand: (by) => by.place(country, state, city) };
  },
  (n) => ({ rules: made(field('customField.company_size', 'equals', pick(sizes, n))), hand: (by) => by.companySize(pick(sizes, n)) }),
  (n) => {
    const some = [pick(industries, n), pick(industries, n + 2)];
    return { rules: made(field('customField.industry', 'in', some)), hand: (by) => by.industry(...some) };
  },
  (n) => ({ rules: made(within('contact.created_at', 2 + n), field('engagement.emails_sent', 'equals', 0)), hand: (by) => by.newLeads(2 + n) }),
  (n, timezone) => ({ rules: { ...made(field('customField.account_type', 'equals', 'trial'), field('customField.trial_end_date', 'within_next', days(3 + n))), timezone }, hand: (by) => by.trial(3 + n, timezone) }),
  (n, timezone) => ({ rules: { ...made(field('customField.account_type', 'equals', 'paid'), within('customField.last_purchase_date', 30 + n * 25)), timezone }, hand: (by) => by.customers(30 + n * 25, timezone) }),
  (n) => ({
    rules: { ...made(), match: 'any', groups: [all(atLeast(2 + n % 5, 'opened', 15 + n * 6), atLeast(1, 'clicked', 15 + n * 6)), all(field('contact.lead_score', 'greater_or_equal', 60 + n), field('customField.customer_ltv', 'greater_or_equal', 500 + n * 250))] },
    hand: (by) => by.engagedOrValue(2 + n % 5, 1, 15 + n * 6, 60 + n, 500 + n * 250),
  }),
  (n) => {
    const countries = [pick(places, n)[0], pick(places, n + 1)[0]];
    const local = ['America/Toronto', 'Europe/Berlin', 'Asia/Kolkata', 'Europe/London', 'America/New_York', 'America/Chicago'];
    return {
      rules: rules(all(field('contact.country', 'in', countries), field('contact.timezone', 'in', local)), all(within('engagement.last_opened_at', 40 + n * 10), field('engagement.total_clicks', 'greater_or_equal', 2 + n)), all(field('contact.tags', 'contains_none', ['unqualified']), field('customField.bounced', 'not_equals', true))),
      hand: (by) => by.advanced(countries, local, 40 + n * 10, 2 + n),
    };
  },
  (n) => ({ rules: made(field('engagement.total_clicks', 'greater_or_equal', 4 + n), field('engagement.total_conversions', 'equals', 0), within('engagement.last_clicked_at', 14 + n * 9)), hand: (by) => by.clickedNotConverted(4 + n, 14 + n * 9) }),
  (n) => {
    const [device, other] = pick(devices, n);
    return {
      rules: made(field('engagement.last_opened_device', 'equals', device), { event: 'opened', count: { operator: 'greater_or_equal', value: 2 + n }, where: [onDevice(device)] }, never('opened', onDevice(other))),
      hand: (by) => by.onlyOn(device, other, 2 + n),
    };
  },
  (n) => ({ rules: made(field('engagement.most_common_open_hour', 'between', [6 + n, 9 + n]), field('engagement.most_common_open_weekday', 'between', [1, 3 + n % 4])), hand: (by) => by.opensAt(6 + n, 9 + n, 3 + n % 4) }),
  (n) => {
    const [has, lacks] = pick(links, n);
    return { rules: made({ event: 'clicked', where: [from(campaignOf(n)), urlHas(has)] }, never('clicked', from(campaignOf(n)), urlHas(lacks))), hand: (by) => by.clickedLink(campaignOf(n).name, has, lacks) };
  },
  (n) => ({
    rules: made({ event: 'sent', window: { olderThan: 2 + n, unit: 'days' }, where: [from(campaignOf(n + 1))] }, { event: 'opened', where: [from(campaignOf(n + 1))] }, never('clicked', from(campaignOf(n + 1)))),
    hand: (by) => by.openedNotClicked(campaignOf(n + 1).name, 2 + n),
  }),
  (n) => ({ rules: made(field('contact.lead_score', 'between', [70 - n, 95]), within('engagement.last_activity_at', 7 + n * 4), field('engagement.opened_last_email', 'equals', true)), hand: (by) => by.hotLeads(70 - n, 95, 7 + n * 4) }),
  (n) => ({ rules: made(field('contact.lead_score', 'between', [30 + n, 60 + n]), within('engagement.last_activity_at', 20 + n * 8)), hand: (by) => by.warmLeads(30 + n, 60 + n, 20 + n * 8) }),
  (n) => ({ rules: rules(any(field('contact.lead_score', 'between', [0, 15 + n]), moreThanAgo('engagement.last_activity_at', 100 + n * 12))), hand: (by) => by.coldLeads(15 + n, 100 + n * 12) }),
  (n) => {
    const some = [pick(interests, n), pick(interests, n + 1)];
    return { rules: made(field('customField.interests', 'contains_any', some)), hand: (by) => by.interests(...some) };
  },
  (n, timezone) => ({ rules: { ...made(field('customField.trial_end_date', 'between', [{ relative: 'today' }, { fromNow: 2 + n, unit: 'days' }])), timezone }, hand: (by) => by.trialEnds(2 + n, timezone) }),
  (_, timezone) => ({ rules: { ...made(field('customField.signup_date', 'anniversary', 'this_month')), timezone }, hand: (by) => by.anniversaryThisMonth(timezone) }),
  (n) => ({ rules: made(field('customField.total_revenue', 'greater_than', 1000 + n * 700), field('customField.lifetime_opens', 'greater_than', 20 + n * 5)), hand: (by) => by.highValue(1000 + n * 700, 20 + n * 5) }),
];

/** The so-manyth variant. `named` are segments that exist; every second names two of them, which makes a third of 100. */
export function variant(at: number, named: readonly { id: string; name: string }[]): Variant {
  const round = Math.floor(at / families.length);
  const own = families[at % families.length]!(round, pick(zones, at));
  const name = `Variant ${at + 1}`;
  if ((at + round) % 2 === 1) return { name, ...own };
  const [inside, outside] = [pick(named, at + round), pick(named, at + round + 1)];
  const { groups, match, ...rest } = own.rules;
  return {
    name,
    rules: {
      ...rest, match: 'all', groups: [all({ match, conditions: groups }), all({ segment: inside.id, operator: 'in' })],
      exclusions: [all({ segment: outside.id, operator: 'in' })],
    },
    hand: (by) => by.inAndNotIn(own.hand(by), inside.id, outside.id),
  };
}
