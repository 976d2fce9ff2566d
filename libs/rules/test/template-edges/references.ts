import {
  ago, allBut, clicked, converted, edgesOf, JUST, NEXT, NOW, opened, replied, sent, times, type Edge, type Row,
} from './edge.js';
import { otherStatuses } from './engagement.js';
import { LAUNCH, NEWSLETTER } from './tenant.js';

const SUBSCRIBERS = 'All Active Subscribers';
const PURCHASERS = 'Recent Purchasers';
const UNENGAGED = 'Unengaged (90+ days)';
const USERS = 'Product Users';

const pinned = (name: string, pin: 'in' | 'out', until: number | null = null) => ({ overrides: { [name]: { pin, until } } });
const noActivity = (moment: number) => allBut(['opened', 'clicked', 'replied', 'converted'], moment);

const allActiveSubscribers = edgesOf(SUBSCRIBERS, {}, [
  ['in', 'of status active', {}],
  ['in', 'who opened the last email', { events: [sent(ago(2), { campaign: NEWSLETTER }), opened(ago(1), { campaign: NEWSLETTER })] }],
  ...otherStatuses,
]);

const recentPurchasers = edgesOf(PURCHASERS, { events: [converted(ago(1))] }, [
  ['in', 'converted once', {}],
  ['in', 'converted twice', { events: times(2, converted(ago(1))) }],
  ['out', 'never converted, with one of every other event', { events: allBut(['converted'], ago(1)) }],
  ['out', 'nothing', { events: [] }],
  ['in', 'converted exactly 30 days ago', { events: [converted(ago(30))] }, NEXT],
  ['out', 'converted a millisecond longer ago', { events: [converted(ago(30) - 1)] }, JUST],
  ['in', 'converted a millisecond later than that', { events: [converted(ago(30) + 1)] }],
  ['in', 'converted this very millisecond', { events: [converted(NOW)] }, JUST],
  ['out', 'converts in the next millisecond', { events: [converted(NOW + 1)] }, NEXT],
]);

/** How the last activity, or where there is none the day of adding, decides; `gone` is the side of the unengaged. */
const engagementRows = (gone: 'in' | 'out', here: 'in' | 'out'): Row[] => [
  [here, 'active exactly 90 days ago', { events: [opened(ago(90))] }, NEXT],
  [gone, 'active a millisecond longer ago', { events: [opened(ago(90) - 1)] }, JUST],
  [here, 'active a millisecond later than that', { events: [opened(ago(90) + 1)] }],
  [here, 'active long ago and by a click since', { events: [opened(ago(99)), clicked(ago(90))] }, NEXT],
  [here, 'active long ago and by a reply since', { events: [opened(ago(99)), replied(ago(90))] }, NEXT],
  [gone, 'active long ago, but for what counts as none', { events: [opened(ago(91)), ...noActivity(ago(1))] }],
  [gone, 'active long ago and in the next millisecond', { events: [opened(ago(91)), opened(NOW + 1)] }, NEXT],
  [gone, 'added long ago and active long ago', { added: ago(200), events: [opened(ago(91))] }],
  [here, 'added long ago and active lately', { added: ago(200), events: [opened(ago(1))] }],
  [here, 'never active, added exactly 90 days ago', { added: ago(90), events: [] }, NEXT],
  [gone, 'never active, added a millisecond longer ago', { added: ago(90) - 1, events: [] }, JUST],
  [here, 'never active, added a millisecond later than that', { added: ago(90) + 1, events: [] }],
  [gone, 'added long ago, with every event that is no activity', { added: ago(200), events: noActivity(ago(1)) }],
  [here, 'added long ago and active this very millisecond', { added: ago(200), events: [clicked(NOW)] }, JUST],
  [gone, 'added long ago and active for the first time in the next millisecond', { added: ago(200), events: [clicked(NOW + 1)] }, NEXT],
];

const unengaged = edgesOf(UNENGAGED, { added: ago(10) }, [
  ['out', 'never active, added lately', {}],
  ...engagementRows('in', 'out'),
]);

const byActivity: readonly Row[] = [
  ['in', 'not tagged, active exactly 90 days ago', { tags: [], events: [clicked(ago(90))] }, NEXT],
  ['out', 'not tagged, active a millisecond longer ago', { tags: [], events: [clicked(ago(90) - 1)] }, JUST],
  ['in', 'not tagged, active a millisecond later than that', { tags: [], events: [clicked(ago(90) + 1)] }],
  ['in', 'not tagged, active by an open', { tags: [], events: [opened(ago(90))] }, NEXT],
  ['in', 'not tagged, active by a reply', { tags: [], events: [replied(ago(90))] }, NEXT],
  ['in', 'not tagged, active by a conversion', { tags: [], events: [converted(ago(90))] }, NEXT],
  ['out', 'not tagged, with every event that is no activity', { tags: [], events: noActivity(ago(1)) }],
  ['in', 'not tagged, active this very millisecond', { tags: [], events: [opened(NOW)] }, JUST],
  ['out', 'not tagged, active in the next millisecond', { tags: [], events: [opened(NOW + 1)] }, NEXT],
  ['out', 'not tagged, never active', { tags: [] }],
];

const productUsers = edgesOf(USERS, { tags: ['product user'] }, [
  ['in', 'tagged', {}],
  ['in', 'tagged in capitals, among others', { tags: ['vip', 'Product User'] }],
  ['out', 'with a tag that begins so', { tags: ['product users'] }],
  ['out', 'with a tag that ends so', { tags: ['no product user'] }],
  ['in', 'tagged, active long ago', { events: [opened(ago(99))] }],
  ['in', 'tagged and active', { events: [opened(ago(1))] }],
  ...byActivity,
]);

const listed = (name: string) => ({ list: name });

const excludeOtherSegments = edgesOf('exclude-other-segments', { added: ago(10), events: [opened(ago(1))] }, [
  ['in', 'subscribed, active, has not bought', {}],
  ...otherStatuses,
  ...engagementRows('out', 'in'),
  ['out', 'bought exactly 30 days ago', { events: [opened(ago(1)), converted(ago(30))] }, NEXT],
  ['in', 'bought a millisecond longer ago', { events: [opened(ago(1)), converted(ago(30) - 1)] }, JUST],
  ['out', 'bought a millisecond later than that', { events: [opened(ago(1)), converted(ago(30) + 1)] }],
  ['out', 'bought this very millisecond', { events: [opened(ago(1)), converted(NOW)] }, JUST],
  ['in', 'buys in the next millisecond', { events: [opened(ago(1)), converted(NOW + 1)] }, NEXT],
  ['out', 'bought twice', { events: [opened(ago(1)), ...times(2, converted(ago(2)))] }],
  ['out', 'pinned out of the subscribers', pinned(SUBSCRIBERS, 'out')],
  ['in', 'pinned into them, though bounced', { status: 'bounced', ...pinned(SUBSCRIBERS, 'in') }],
  ['in', 'pinned into them until the next millisecond, though bounced', { status: 'bounced', ...pinned(SUBSCRIBERS, 'in', NOW + 1) }, NEXT],
  ['out', 'pinned into them until this very millisecond, though bounced', { status: 'bounced', ...pinned(SUBSCRIBERS, 'in', NOW) }, JUST],
  ['out', 'pinned into the purchasers', pinned(PURCHASERS, 'in')],
  ['in', 'pinned out of them, though bought', { events: [converted(ago(1))], ...pinned(PURCHASERS, 'out') }],
  ['out', 'pinned out of them until this very millisecond', { events: [converted(ago(1))], ...pinned(PURCHASERS, 'out', NOW) }, JUST],
  ['out', 'pinned into the unengaged', pinned(UNENGAGED, 'in')],
  ['in', 'pinned out of them, though inactive', { events: [opened(ago(99))], ...pinned(UNENGAGED, 'out') }],
  ['in', 'pinned into the product users, who have no part in it', pinned(USERS, 'in')],
  ['in', 'on the list of subscribers, though bounced', { status: 'bounced', listed: true }, listed(SUBSCRIBERS)],
  ['out', 'not on the list of subscribers', {}, listed(SUBSCRIBERS)],
  ['out', 'on the list of purchasers', { listed: true }, listed(PURCHASERS)],
  ['in', 'not on the list of purchasers, though bought', { events: [converted(ago(1))] }, listed(PURCHASERS)],
  ['out', 'on the list of the unengaged', { listed: true }, listed(UNENGAGED)],
  ['in', 'not on the list of the unengaged, though inactive', { events: [opened(ago(99))] }, listed(UNENGAGED)],
]);

const product = { campaign: LAUNCH };
const mail = (campaign: string | undefined) => ({ events: [sent(ago(1), { campaign })] });

const suppressRecentRecipients = edgesOf('suppress-recent-recipients', { tags: ['product user'] }, [
  ['in', 'a product user, sent nothing', {}],
  ...byActivity,
  ['out', 'neither tagged nor active, sent nothing', { tags: ['product users'] }],
  ['out', 'sent it exactly 7 days ago', { events: [sent(ago(7), product)] }, NEXT],
  ['in', 'sent it a millisecond longer ago', { events: [sent(ago(7) - 1, product)] }, JUST],
  ['out', 'sent it a millisecond later than that', { events: [sent(ago(7) + 1, product)] }],
  ['out', 'sent it this very millisecond', { events: [sent(NOW, product)] }, JUST],
  ['in', 'sent it in the next millisecond', { events: [sent(NOW + 1, product)] }, NEXT],
  ['out', 'sent it twice', { events: [sent(ago(1), product), sent(ago(2), product)] }],
  ['out', 'sent it between others', { events: [sent(ago(3)), sent(ago(2), product), sent(ago(1), { campaign: NEWSLETTER })] }],
  ['out', 'sent one by its external id', mail('launch-q4')],
  ['out', 'sent one with the word inside, in capitals', mail('ours')],
  ['out', 'sent one with the word at the end', mail('in-the-end')],
  ['in', 'sent one without the word', mail(NEWSLETTER)],
  ['in', 'sent one without its last letter', mail('cut-short')],
  ['in', 'sent one without its first letter', mail('beheaded')],
  ['in', 'sent one with the word for an id', mail('Product')],
  ['in', 'sent one that nobody knows', mail('Product news')],
  ['in', 'sent one of no campaign', mail(undefined)],
  ['in', 'with each other event of it', { events: allBut(['sent'], ago(1), product) }],
  ['out', 'neither a product user, nor left alone', { tags: [], events: [sent(ago(1), product)] }],
  ['out', 'pinned out of the product users', pinned(USERS, 'out')],
  ['in', 'pinned into them, though not tagged', { tags: [], ...pinned(USERS, 'in') }],
  ['in', 'pinned into them until the next millisecond', { tags: [], ...pinned(USERS, 'in', NOW + 1) }, NEXT],
  ['out', 'pinned into them until this very millisecond', { tags: [], ...pinned(USERS, 'in', NOW) }, JUST],
  ['out', 'pinned into them, but sent it', { ...pinned(USERS, 'in'), events: [sent(ago(1), product)] }],
  ['in', 'on the list of product users, though not tagged', { tags: [], listed: true }, listed(USERS)],
  ['out', 'not on the list of product users', {}, listed(USERS)],
  ['out', 'on the list, but sent it', { listed: true, events: [sent(ago(1), product)] }, listed(USERS)],
]);

/** Contacts on both sides of the edges of what refers to other segments, and of those that it refers to. */
export const referenceEdges: readonly Edge[] = [
  ...allActiveSubscribers, ...recentPurchasers, ...unengaged, ...productUsers, ...excludeOtherSegments, ...suppressRecentRecipients,
];
