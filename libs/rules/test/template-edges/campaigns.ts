import {
  ago, allBut, clicked, converted, edgesOf, JUST, NEXT, NOW, opened, replied, sent, type Edge, type Happened, type Row,
} from './edge.js';
import { ANNOUNCEMENT, LAUNCH, NEWSLETTER } from './tenant.js';

const click = (url: string | undefined, campaign: string | undefined = LAUNCH, moment = ago(1)): Happened => clicked(moment, { url, campaign });
const pricing = click('/pricing');

const clickedSpecificLink = edgesOf('clicked-specific-link', { events: [pricing] }, [
  ['in', 'clicked on pricing', {}],
  ['in', 'years ago', { events: [click('/pricing', LAUNCH, ago(2000))] }],
  ['in', 'twice', { events: [pricing, pricing] }],
  ['in', 'in the campaign by its external id', { events: [click('/pricing', 'launch-q4')] }],
  ['in', 'in the campaign by its external id in capitals', { events: [click('/pricing', 'LAUNCH-Q4')] }],
  ['in', 'in the campaign by its id in capitals', { events: [click('/pricing', LAUNCH.toUpperCase())] }],
  ['out', 'in another campaign', { events: [click('/pricing', NEWSLETTER)] }],
  ['out', 'in a campaign nobody knows', { events: [click('/pricing', 'gone')] }],
  ['out', 'in a campaign by its name', { events: [click('/pricing', 'Product Launch Q4')] }],
  ['out', 'in no campaign', { events: [clicked(ago(1), { url: '/pricing' })] }],
  ['in', 'on a longer url, in capitals', { events: [click('https://example.com/PRICING?plan=1')] }],
  ['out', 'on a url that lacks the last letter', { events: [click('/pricin')] }],
  ['out', 'on a url that lacks the first letter', { events: [click('/ricing')] }],
  ['out', 'on no url', { events: [click(undefined)] }],
  ['out', 'nothing', { events: [] }],
  ['out', 'each other event on pricing', { events: allBut(['clicked'], ago(1), { url: '/pricing', campaign: LAUNCH }) }],
  ['out', 'on pricing of another campaign and on another page of this one', { events: [click('/pricing', NEWSLETTER), click('/home')] }],
  ['in', 'on another page first, and last', { events: [click('/home', LAUNCH, ago(3)), pricing, click('/home', LAUNCH, NOW)] }],
  ['in', 'on pricing this very millisecond', { events: [click('/pricing', LAUNCH, NOW)] }, JUST],
  ['out', 'on pricing in the next millisecond', { events: [click('/pricing', LAUNCH, NOW + 1)] }, NEXT],
  ['out', 'on a demo too', { events: [pricing, click('/demo?x')] }],
  ['out', 'on two demos too', { events: [pricing, click('/demo'), click('/demo')] }],
  ['out', 'on a demo too, by the external id, in capitals', { events: [pricing, click('/book/DEMO', 'LAUNCH-Q4')] }],
  ['out', 'on a demo years ago too', { events: [pricing, click('/demo', LAUNCH, ago(2000))] }],
  ['out', 'on a demo neither first nor last', { events: [click('/pricing', LAUNCH, ago(3)), click('demo', LAUNCH, ago(2)), pricing] }],
  ['out', 'on one url of both', { events: [click('/pricing/demo')] }],
  ['in', 'on a demo of another campaign', { events: [pricing, click('/demo', NEWSLETTER)] }],
  ['in', 'on a demo of no campaign', { events: [pricing, clicked(ago(1), { url: '/demo' })] }],
  ['in', 'on what is nearly a demo', { events: [pricing, click('/dem'), click('/emo')] }],
  ['in', 'each other event on a demo', { events: [pricing, ...allBut(['clicked'], ago(1), { url: '/demo', campaign: LAUNCH })] }],
  ['out', 'on a demo this very millisecond', { events: [pricing, click('/demo', LAUNCH, NOW)] }, JUST],
  ['in', 'on a demo in the next millisecond', { events: [pricing, click('/demo', LAUNCH, NOW + 1)] }, NEXT],
]);

const announced = { campaign: ANNOUNCEMENT };
const sending = sent(ago(10), announced);
const opening = opened(ago(9), announced);

/** Campaigns that are not the announcement, each of them another way. */
const otherCampaigns: readonly [string, string | undefined][] = [
  ['another campaign', NEWSLETTER], ['no campaign', undefined], ['a campaign whose id begins so', `${ANNOUNCEMENT}0`],
  ['a campaign whose id ends so', `0${ANNOUNCEMENT}`], ['a campaign by its name', 'Feature Announcement'],
];

const openedButDidntClick = edgesOf('opened-but-didnt-click', { events: [sending, opening] }, [
  ['in', 'was sent it and opened', {}],
  ['in', 'by the id in capitals', { events: [sent(ago(10), { campaign: ANNOUNCEMENT.toUpperCase() }), opening] }],
  ['out', 'was sent it exactly 3 days ago', { events: [sent(ago(3), announced), opened(ago(1), announced)] }, NEXT],
  ['in', 'was sent it a millisecond longer ago', { events: [sent(ago(3) - 1, announced), opened(ago(1), announced)] }, JUST],
  ['out', 'was sent it a millisecond later than that', { events: [sent(ago(3) + 1, announced), opened(ago(1), announced)] }],
  ['in', 'was sent it twice, the last time lately', { events: [sending, sent(ago(1), announced), opening] }],
  ['in', 'was sent it twice, long ago', { events: [sending, sent(ago(20), announced), opening] }],
  ['in', 'was sent others before and after', { events: [sent(ago(20)), sending, sent(ago(5), { campaign: NEWSLETTER }), opening] }],
  ['in', 'opened twice, the first time before it was sent', { events: [opened(ago(11), announced), sending, opening] }],
  ['in', 'opened years ago', { events: [sent(ago(2000), announced), opened(ago(2000), announced)] }],
  ['in', 'opened others before and after', { events: [opened(ago(20)), sending, opening, opened(ago(5), { campaign: NEWSLETTER })] }],
  ['out', 'was not sent it, with each other event but a click', { events: [opening, ...allBut(['sent', 'clicked'], ago(10), announced)] }],
  ['out', 'did not open it, with each other event but a click', { events: [sending, ...allBut(['opened', 'clicked'], ago(9), announced)] }],
  ...otherCampaigns.map(([what, campaign]): Row => ['out', `was sent ${what}`, { events: [sent(ago(10), { campaign }), opening] }]),
  ...otherCampaigns.map(([what, campaign]): Row => ['out', `opened ${what}`, { events: [sending, opened(ago(9), { campaign })] }]),
  ...otherCampaigns.map(([what, campaign]): Row => ['in', `clicked on ${what}`, { events: [sending, opening, clicked(ago(8), { campaign })] }]),
  ['out', 'clicked', { events: [sending, opening, clicked(ago(8), announced)] }],
  ['out', 'clicked years ago', { events: [clicked(ago(2000), announced), sending, opening] }],
  ['out', 'clicked twice', { events: [sending, opening, clicked(ago(8), announced), clicked(ago(8), announced)] }],
  ['out', 'clicked neither first nor last', { events: [sending, opening, clicked(ago(8)), clicked(ago(7), announced), clicked(ago(6))] }],
  ['out', 'clicked before it was sent', { events: [clicked(ago(99), announced), sending, opening] }],
  ['out', 'clicked this very millisecond', { events: [sending, opening, clicked(NOW, announced)] }, JUST],
  ['in', 'clicks in the next millisecond', { events: [sending, opening, clicked(NOW + 1, announced)] }, NEXT],
  ['in', 'opened this very millisecond', { events: [sending, opened(NOW, announced)] }, JUST],
  ['out', 'opens in the next millisecond', { events: [sending, opened(NOW + 1, announced)] }, NEXT],
  ['in', 'with each other event but a click', { events: [sending, opening, ...allBut(['clicked'], ago(8), announced)] }],
  ['out', 'nothing', { events: [] }],
]);

const news = { campaign: NEWSLETTER };
const mailed = sent(ago(2), news);
const read = opened(ago(1), news);
const longAgo = [sent(ago(40), news), opened(ago(39), news)];

const hotLeads = edgesOf('hot-leads', { score: 90, events: [mailed, read] }, [
  ['in', 'of a score within', {}],
  ['out', 'of a score of 79.99', { score: 79.99 }],
  ['in', 'of a score of 80', { score: 80 }],
  ['in', 'of a score of 80.01', { score: 80.01 }],
  ['in', 'of a score of 99.99', { score: 99.99 }],
  ['in', 'of a score of 100', { score: 100 }],
  ['out', 'of a score of 100.01', { score: 100.01 }],
  ['out', 'of a score of 79', { score: 79 }],
  ['out', 'of a score of 101', { score: 101 }],
  ['out', 'of no score', { score: undefined }],
  ['in', 'active exactly 14 days ago', { events: [sent(ago(15), news), opened(ago(14), news)] }, NEXT],
  ['out', 'active a millisecond longer ago', { events: [sent(ago(15), news), opened(ago(14) - 1, news)] }, JUST],
  ['in', 'active a millisecond later than that', { events: [sent(ago(15), news), opened(ago(14) + 1, news)] }],
  ['in', 'active again by a click', { events: [...longAgo, clicked(ago(14))] }, NEXT],
  ['in', 'active again by a reply', { events: [...longAgo, replied(ago(14))] }, NEXT],
  ['in', 'active again by a conversion', { events: [...longAgo, converted(ago(14))] }, NEXT],
  ['in', 'active again this very millisecond', { events: [...longAgo, clicked(NOW)] }, JUST],
  ['out', 'active long ago', { events: longAgo }],
  ['out', 'active long ago, but for what counts as none', { events: [...longAgo, ...allBut(['opened', 'clicked', 'replied', 'converted'], ago(1))] }],
  ['out', 'active again in the next millisecond', { events: [...longAgo, clicked(NOW + 1)] }, NEXT],
  ['in', 'opened at the very millisecond of sending', { events: [mailed, opened(ago(2), news)] }],
  ['out', 'opened only before it was sent', { events: [mailed, opened(ago(2) - 1, news)] }],
  ['out', 'opened another campaign', { events: [mailed, opened(ago(1), { campaign: LAUNCH })] }],
  ['out', 'opened of no campaign', { events: [mailed, opened(ago(1))] }],
  ['out', 'opened the campaign in capitals, which is another', { events: [sent(ago(2), { campaign: 'news' }), opened(ago(1), { campaign: 'NEWS' })] }],
  ['out', 'did not open', { events: [mailed, clicked(ago(1), news)] }],
  ['out', 'was sent another since', { events: [mailed, read, sent(ago(1), { campaign: LAUNCH })] }],
  ['in', 'was sent one of no campaign since', { events: [mailed, read, sent(ago(1))] }],
  ['out', 'was sent the same again since', { events: [mailed, read, sent(ago(1) + 1, news)] }],
  ['out', 'was sent another this very millisecond', { events: [mailed, read, sent(NOW, { campaign: LAUNCH })] }, JUST],
  ['in', 'is sent another in the next millisecond', { events: [mailed, read, sent(NOW + 1, { campaign: LAUNCH })] }, NEXT],
  ['in', 'was sent two at once, the opened one by the greater id', { events: [sent(ago(2), { ...news, id: 'b' }), sent(ago(2), { campaign: LAUNCH, id: 'a' }), read] }],
  ['out', 'was sent two at once, the other one by the greater id', { events: [sent(ago(2), { ...news, id: 'a' }), sent(ago(2), { campaign: LAUNCH, id: 'b' }), read] }],
  ['out', 'opens in the next millisecond', { events: [mailed, clicked(ago(1)), opened(NOW + 1, news)] }, NEXT],
  ['out', 'never sent anything', { events: [read] }],
  ['out', 'nothing', { events: [] }],
]);

const warmLeads = edgesOf('warm-leads', { score: 60, events: [clicked(ago(1))] }, [
  ['in', 'of a score within', {}],
  ['out', 'of a score of 49', { score: 49 }],
  ['out', 'of a score of 49.99', { score: 49.99 }],
  ['in', 'of a score of 50', { score: 50 }],
  ['in', 'of a score of 50.01', { score: 50.01 }],
  ['in', 'of a score of 79', { score: 79 }],
  ['out', 'of a score of 79.01', { score: 79.01 }],
  ['out', 'of a score of 80', { score: 80 }],
  ['out', 'of no score', { score: undefined }],
  ['in', 'clicked exactly 30 days ago', { events: [clicked(ago(30))] }, NEXT],
  ['out', 'clicked a millisecond longer ago', { events: [clicked(ago(30) - 1)] }, JUST],
  ['in', 'clicked a millisecond later than that', { events: [clicked(ago(30) + 1)] }],
  ['in', 'opened exactly 30 days ago', { events: [opened(ago(30))] }, NEXT],
  ['in', 'replied exactly 30 days ago', { events: [replied(ago(30))] }, NEXT],
  ['in', 'converted exactly 30 days ago', { events: [converted(ago(30))] }, NEXT],
  ['in', 'active long ago and this very millisecond', { events: [clicked(ago(99)), opened(NOW)] }, JUST],
  ['out', 'active in the next millisecond', { events: [opened(NOW + 1)] }, NEXT],
  ['out', 'with every event that is no activity', { events: allBut(['opened', 'clicked', 'replied', 'converted'], ago(1)) }],
  ['out', 'never active', { events: [] }],
]);

const coldLeads = edgesOf('cold-leads', { score: 90, events: [opened(ago(1))] }, [
  ['out', 'of a high score, active lately', {}],
  ['in', 'of a score of 0', { score: 0 }],
  ['out', 'of a score of −0.01', { score: -0.01 }],
  ['out', 'of a score of −1', { score: -1 }],
  ['in', 'of a score of 0.01', { score: 0.01 }],
  ['in', 'of a score of 49', { score: 49 }],
  ['out', 'of a score of 49.01', { score: 49.01 }],
  ['out', 'of a score of 50', { score: 50 }],
  ['out', 'of no score', { score: undefined }],
  ['out', 'active exactly 60 days ago', { events: [opened(ago(60))] }, NEXT],
  ['in', 'active a millisecond longer ago', { events: [opened(ago(60) - 1)] }, JUST],
  ['out', 'active a millisecond later than that', { events: [opened(ago(60) + 1)] }],
  ['in', 'clicked a millisecond longer than 60 days ago', { events: [clicked(ago(60) - 1)] }, JUST],
  ['in', 'replied a millisecond longer than 60 days ago', { events: [replied(ago(60) - 1)] }, JUST],
  ['in', 'converted a millisecond longer than 60 days ago', { events: [converted(ago(60) - 1)] }, JUST],
  ['out', 'active long ago and by a reply lately', { events: [opened(ago(99)), replied(ago(1))] }],
  ['in', 'active long ago, but for what counts as none', { events: [opened(ago(61)), ...allBut(['opened', 'clicked', 'replied', 'converted'], ago(1))] }],
  ['in', 'active long ago and in the next millisecond', { events: [opened(ago(61)), clicked(NOW + 1)] }, NEXT],
  ['in', 'of a low score, active long ago', { score: 10, events: [opened(ago(61))] }],
  ['in', 'of a low score, never active', { score: 10, events: [] }],
  ['out', 'never active', { events: [] }],
  ['out', 'never active and of no score', { score: undefined, events: [] }],
]);

/** Contacts on both sides of the edges of campaigns and of scores. */
export const campaignEdges: readonly Edge[] = [...clickedSpecificLink, ...openedButDidntClick, ...hotLeads, ...warmLeads, ...coldLeads];
