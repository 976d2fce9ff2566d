import {
  ago, allBut, at, clicked, converted, edgesOf, JUST, NEXT, NOW, opened, replied, sent, times, type Edge, type Happened, type Row,
} from './edge.js';

/** Everyone but the active: each is left out of what wants the status active. */
export const otherStatuses: readonly Row[] = ['unsubscribed', 'bounced', 'complained', 'pending']
  .map((status): Row => ['out', `of status ${status}`, { status }]);

const activeSubscribers = edgesOf('active-subscribers', { events: [opened(ago(1))] }, [
  ['in', 'opened yesterday', {}],
  ['in', 'opened the last email', { events: [sent(ago(2), { campaign: 'news' }), opened(ago(1), { campaign: 'news' })] }],
  ...otherStatuses,
  ['in', 'opened exactly 30 days ago', { events: [opened(ago(30))] }, NEXT],
  ['out', 'opened a millisecond longer ago', { events: [opened(ago(30) - 1)] }, JUST],
  ['in', 'opened a millisecond later than that', { events: [opened(ago(30) + 1)] }],
  ['in', 'opened this very millisecond', { events: [opened(NOW)] }, JUST],
  ['out', 'opens in the next millisecond', { events: [opened(NOW + 1)] }, NEXT],
  ['in', 'opened long ago and again, in any order', { events: [opened(ago(2)), opened(ago(300))] }],
  ['in', 'opened 29 days ago and opens in the next millisecond', { events: [opened(NOW + 1), opened(ago(29))] }],
  ['out', 'never opened', { events: [] }],
  ['out', 'never opened, with one of every other event', { events: allBut(['opened'], ago(1)) }],
]);

const inactiveContacts = edgesOf('inactive-contacts', { events: [opened(ago(100))] }, [
  ['in', 'opened 100 days ago', {}],
  ['in', 'opened the last email 100 days ago', { events: [sent(ago(101), { campaign: 'news' }), opened(ago(100), { campaign: 'news' })] }],
  ...otherStatuses,
  ['out', 'opened exactly 90 days ago', { events: [opened(ago(90))] }, NEXT],
  ['in', 'opened a millisecond longer ago', { events: [opened(ago(90) - 1)] }, JUST],
  ['out', 'opened a millisecond later than that', { events: [opened(ago(90) + 1)] }],
  ['out', 'opened 100 days ago and yesterday', { events: [opened(ago(1)), opened(ago(100))] }],
  ['out', 'opened 100 days ago and this very millisecond', { events: [opened(ago(100)), opened(NOW)] }, JUST],
  ['in', 'opened 100 days ago and opens in the next millisecond', { events: [opened(ago(100)), opened(NOW + 1)] }, NEXT],
  ['in', 'opened 100 days ago, with one of every other event since', { events: [opened(ago(100)), ...allBut(['opened'], ago(1))] }],
  ['out', 'never opened', { events: [] }],
  ['out', 'never opened, with one of every other event long ago', { events: allBut(['opened'], ago(100)) }],
]);

const opens = times(5, opened(ago(1)));
const twoClicks = times(2, clicked(ago(1)));
/** Everything by which a contact may be told, except that it counts as activity. */
const noActivity = (moment: number): Happened[] => allBut(['opened', 'clicked', 'replied', 'converted'], moment);
const earlier = [...times(5, opened(ago(20))), ...times(2, clicked(ago(20)))];

const highlyEngaged = edgesOf('highly-engaged', { events: [...opens, ...twoClicks] }, [
  ['in', 'opened 5 times and clicked twice', {}],
  ['out', 'opened 4 times', { events: [...opens.slice(1), ...twoClicks] }],
  ['in', 'opened 6 times', { events: [opened(ago(1)), ...opens, ...twoClicks] }],
  ['out', 'opened 4 times, with one of every other event', { events: [...opens.slice(1), ...twoClicks, ...allBut(['opened'], ago(1))] }],
  ['out', 'never opened', { events: twoClicks }],
  ['out', 'clicked once', { events: [...opens, ...twoClicks.slice(1)] }],
  ['in', 'clicked 3 times', { events: [clicked(ago(1)), ...opens, ...twoClicks] }],
  ['out', 'clicked once, with one of every other event', { events: [...opens, ...twoClicks.slice(1), ...allBut(['clicked'], ago(1))] }],
  ['out', 'never clicked', { events: opens }],
  ['out', 'nothing', { events: [] }],
  ['in', 'opened for the fifth time exactly 30 days ago', { events: [opened(ago(30)), ...opens.slice(1), ...twoClicks] }, NEXT],
  ['out', 'opened for the fifth time a millisecond longer ago', { events: [opened(ago(30) - 1), ...opens.slice(1), ...twoClicks] }, JUST],
  ['in', 'opened for the fifth time a millisecond later than that', { events: [opened(ago(30) + 1), ...opens.slice(1), ...twoClicks] }],
  ['in', 'opened for the fifth time this very millisecond', { events: [opened(NOW), ...opens.slice(1), ...twoClicks] }, JUST],
  ['out', 'opens for the fifth time in the next millisecond', { events: [opened(NOW + 1), ...opens.slice(1), ...twoClicks] }, NEXT],
  ['in', 'clicked for the second time exactly 30 days ago', { events: [...opens, clicked(ago(30)), clicked(ago(1))] }, NEXT],
  ['out', 'clicked for the second time a millisecond longer ago', { events: [...opens, clicked(ago(30) - 1), clicked(ago(1))] }, JUST],
  ['in', 'clicked for the second time a millisecond later than that', { events: [...opens, clicked(ago(30) + 1), clicked(ago(1))] }],
  ['out', 'clicks for the second time in the next millisecond', { events: [...opens, clicked(NOW + 1), clicked(ago(1))] }, NEXT],
  ['out', 'last active 20 days ago', { events: earlier }],
  ['in', 'last active exactly 7 days ago', { events: [opened(ago(7)), ...earlier] }, NEXT],
  ['out', 'last active a millisecond longer ago', { events: [opened(ago(7) - 1), ...earlier] }, JUST],
  ['in', 'last active a millisecond later than that', { events: [opened(ago(7) + 1), ...earlier] }],
  ['in', 'active again by a click', { events: [clicked(ago(7)), ...earlier] }, NEXT],
  ['in', 'active again by a reply', { events: [replied(ago(7)), ...earlier] }, NEXT],
  ['in', 'active again by a conversion', { events: [converted(ago(7)), ...earlier] }, NEXT],
  ['out', 'not active by being sent to, or leaving', { events: [...noActivity(ago(1)), ...earlier] }],
  ['out', 'active again in the next millisecond', { events: [replied(NOW + 1), ...earlier] }, NEXT],
]);

const neverEngaged = edgesOf('never-engaged', { added: ago(31) }, [
  ['in', 'added 31 days ago', {}],
  ['out', 'added exactly 30 days ago', { added: ago(30) }, NEXT],
  ['in', 'added a millisecond longer ago', { added: ago(30) - 1 }, JUST],
  ['out', 'added a millisecond later than that', { added: ago(30) + 1 }],
  ['out', 'opened once', { events: [opened(ago(900))] }],
  ['out', 'opened twice', { events: times(2, opened(ago(1))) }],
  ['out', 'clicked once', { events: [clicked(ago(900))] }],
  ['out', 'clicked twice', { events: times(2, clicked(ago(1))) }],
  ['out', 'opened this very millisecond', { events: [opened(NOW)] }, JUST],
  ['in', 'opens in the next millisecond', { events: [opened(NOW + 1)] }, NEXT],
  ['out', 'clicked this very millisecond', { events: [clicked(NOW)] }, JUST],
  ['in', 'clicks in the next millisecond', { events: [clicked(NOW + 1)] }, NEXT],
  ['in', 'with one of every other event', { events: allBut(['opened', 'clicked'], ago(1)) }],
]);

const tenClicks = times(10, clicked(ago(1)));
const nineClicks = times(9, clicked(ago(400)));

const clickButNeverConvert = edgesOf('click-but-never-convert', { events: tenClicks }, [
  ['in', 'clicked 10 times', {}],
  ['out', 'clicked 9 times', { events: tenClicks.slice(1) }],
  ['in', 'clicked 11 times', { events: [clicked(ago(2)), ...tenClicks] }],
  ['out', 'clicked 9 times, with one of every other event but a conversion', { events: [...tenClicks.slice(1), ...allBut(['clicked', 'converted'], ago(1))] }],
  ['out', 'converted once', { events: [...tenClicks, converted(ago(900))] }],
  ['out', 'converted twice', { events: [...tenClicks, ...times(2, converted(ago(1)))] }],
  ['out', 'converted this very millisecond', { events: [...tenClicks, converted(NOW)] }, JUST],
  ['in', 'converts in the next millisecond', { events: [...tenClicks, converted(NOW + 1)] }, NEXT],
  ['in', 'with one of every other event but a conversion', { events: [...tenClicks, ...allBut(['clicked', 'converted'], ago(1))] }],
  ['in', 'clicked last exactly 30 days ago', { events: [...nineClicks, clicked(ago(30))] }, NEXT],
  ['out', 'clicked last a millisecond longer ago', { events: [...nineClicks, clicked(ago(30) - 1)] }, JUST],
  ['in', 'clicked last a millisecond later than that', { events: [...nineClicks, clicked(ago(30) + 1)] }],
  ['in', 'clicked for the tenth time this very millisecond', { events: [...nineClicks, clicked(NOW)] }, JUST],
  ['out', 'clicks for the tenth time in the next millisecond', { events: [...nineClicks, clicked(NOW + 1)] }, NEXT],
  ['out', 'active since otherwise', { events: [clicked(ago(31)), ...nineClicks, ...allBut(['clicked', 'converted'], ago(1))] }],
  ['out', 'nothing', { events: [] }],
]);

const mobile = opened(ago(10), { device: 'mobile' });
const four = times(4, mobile);
const lately = (device: string | undefined): Happened => opened(ago(1), { device });

const mobileOpeners = edgesOf('mobile-openers', { events: [...four, mobile] }, [
  ['in', 'opened 5 times on mobile', {}],
  ['out', 'opened 4 times', { events: four }],
  ['in', 'opened 6 times', { events: [...four, mobile, mobile] }],
  ['in', 'opened 5 times long ago', { events: times(5, opened(ago(3000), { device: 'mobile' })) }],
  ['in', 'spelled otherwise', { events: [...four, lately('Mobile')] }],
  ['out', 'the fifth time on a device that begins so', { events: [opened(ago(20), { device: 'mobile app' }), ...four] }],
  ['out', 'the fifth time on a device that ends so', { events: [opened(ago(20), { device: 'not mobile' }), ...four] }],
  ['out', 'the fifth time on a tablet', { events: [opened(ago(20), { device: 'tablet' }), ...four] }],
  ['out', 'the fifth time on no device', { events: [opened(ago(20)), ...four] }],
  ['out', 'the fifth time a click on mobile, and each other event', { events: [...four, ...allBut(['opened'], ago(1), { device: 'mobile' })] }],
  ['in', 'the fifth time this very millisecond', { events: [...four, opened(NOW, { device: 'mobile' })] }, JUST],
  ['out', 'the fifth time in the next millisecond', { events: [...four, opened(NOW + 1, { device: 'mobile' })] }, NEXT],
  ['out', 'once on desktop before', { events: [opened(ago(20), { device: 'desktop' }), ...four, mobile] }],
  ['out', 'twice on desktop before', { events: [...times(2, opened(ago(20), { device: 'desktop' })), ...four, mobile] }],
  ['out', 'once on desktop years ago', { events: [opened(ago(2000), { device: 'desktop' }), ...four, mobile] }],
  ['out', 'once on desktop in between', { events: [opened(ago(20), { device: 'mobile' }), opened(ago(15), { device: 'DESKTOP' }), ...four] }],
  ['in', 'on a device that begins as desktop', { events: [opened(ago(20), { device: 'desktop app' }), ...four, mobile] }],
  ['in', 'on a device that ends as desktop', { events: [opened(ago(20), { device: 'no desktop' }), ...four, mobile] }],
  ['in', 'clicked on desktop, with each other event', { events: [...four, mobile, ...allBut(['opened'], ago(1), { device: 'desktop' })] }],
  ['in', 'on desktop in the next millisecond', { events: [...four, mobile, opened(NOW + 1, { device: 'desktop' })] }, NEXT],
  ['out', 'on tablet last', { events: [...four, mobile, lately('tablet')] }],
  ['out', 'last on a device that begins so', { events: [...four, mobile, lately('mobile app')] }],
  ['out', 'last on a device that ends so', { events: [...four, mobile, lately('not mobile')] }],
  ['out', 'on tablet this very millisecond', { events: [...four, mobile, opened(NOW, { device: 'tablet' })] }, JUST],
  ['in', 'on tablet in the next millisecond', { events: [...four, mobile, opened(NOW + 1, { device: 'tablet' })] }, NEXT],
  ['in', 'on no device last', { events: [...four, mobile, lately(undefined)] }],
  ['in', 'on an empty device last', { events: [...four, mobile, lately('')] }],
  ['in', 'on tablet first', { events: [opened(ago(20), { device: 'tablet' }), ...four, mobile] }],
  ['out', 'on both at once, tablet by the greater id', { events: [...four, opened(ago(1), { device: 'mobile', id: 'a' }), opened(ago(1), { device: 'tablet', id: 'b' })] }],
  ['in', 'on both at once, mobile by the greater id', { events: [...four, opened(ago(1), { device: 'mobile', id: 'b' }), opened(ago(1), { device: 'tablet', id: 'a' })] }],
  ['out', 'nothing', { events: [] }],
]);

const openedAt = (...texts: string[]): { events: Happened[] } => ({ events: texts.map((text) => opened(at(text))) });
const newYork = { localZone: 'America/New_York' };

// 27 March 2026 is a Friday, so the 30th is a Monday. New York is 4 hours behind UTC then, and 5 before 8 March.
const timeBasedEngagement = edgesOf('time-based-engagement', {}, [
  ['in', 'on a Tuesday at 10', openedAt('2026-03-24T10:30:00Z')],
  ['out', 'a millisecond before 9', openedAt('2026-03-24T08:59:59.999Z')],
  ['in', 'at 9', openedAt('2026-03-24T09:00:00Z')],
  ['in', 'a millisecond before 12', openedAt('2026-03-24T11:59:59.999Z')],
  ['out', 'at 12', openedAt('2026-03-24T12:00:00Z')],
  ['in', 'on a Monday', openedAt('2026-03-30T10:00:00Z')],
  ['in', 'on a Friday', openedAt('2026-03-27T10:00:00Z')],
  ['out', 'on a Saturday', openedAt('2026-03-28T10:00:00Z')],
  ['out', 'on a Sunday', openedAt('2026-03-29T10:00:00Z')],
  ['out', 'never, with one of every other event at 10', { events: allBut(['opened'], at('2026-03-24T10:00:00Z')) }],
  ['in', 'at 10, with all other events at 12', { events: [opened(at('2026-03-24T10:00:00Z')), ...times(3, clicked(at('2026-03-24T12:00:00Z')))] }],
  ['out', 'at 8 as often as at 9, which is the later', openedAt('2026-03-24T08:00:00Z', '2026-03-24T09:00:00Z')],
  ['in', 'at 9 as often as at 12', openedAt('2026-03-24T12:00:00Z', '2026-03-24T09:00:00Z')],
  ['out', 'at 12 more often than at 9', openedAt('2026-03-24T12:00:00Z', '2026-03-24T09:00:00Z', '2026-03-25T12:59:59.999Z')],
  ['in', 'on a Friday as often as on a Saturday', openedAt('2026-03-28T10:00:00Z', '2026-03-27T10:00:00Z')],
  ['in', 'on a Monday as often as on a Sunday', openedAt('2026-03-29T10:00:00Z', '2026-03-30T10:00:00Z')],
  ['out', 'on a Saturday more often than on a Friday', openedAt('2026-03-28T10:00:00Z', '2026-03-27T10:00:00Z', '2026-03-21T10:00:00Z')],
  ['in', 'at 9 in New York', { ...newYork, ...openedAt('2026-03-30T13:00:00Z') }],
  ['out', 'a millisecond before 9 in New York', { ...newYork, ...openedAt('2026-03-30T12:59:59.999Z') }],
  ['in', 'a millisecond before 12 in New York', { ...newYork, ...openedAt('2026-03-30T15:59:59.999Z') }],
  ['out', 'at 12 in New York', { ...newYork, ...openedAt('2026-03-30T16:00:00Z') }],
  ['out', 'at 9 of summer, 8 of winter in New York', { ...newYork, ...openedAt('2026-03-02T13:00:00Z') }],
  ['in', 'at 9 of winter in New York', { ...newYork, ...openedAt('2026-03-02T14:00:00Z') }],
  ['in', 'on a Monday in Kiritimati, Sunday of UTC', { localZone: 'Pacific/Kiritimati', ...openedAt('2026-03-29T20:00:00Z') }],
  ['out', 'on a Saturday in Kiritimati, Friday of UTC', { localZone: 'Pacific/Kiritimati', ...openedAt('2026-03-27T20:00:00Z') }],
  ['in', 'at 10, and twice at 12 from the next millisecond on', { events: [opened(at('2026-03-24T10:00:00Z')), ...times(2, opened(NOW + 1))] }, NEXT],
  ['out', 'at 10, and twice at 12 this very millisecond', { events: [opened(at('2026-03-24T10:00:00Z')), ...times(2, opened(NOW))] }, JUST],
]);

/** Contacts on both sides of the edges of what contacts do, campaigns and scores apart. */
export const engagementEdges: readonly Edge[] = [
  ...activeSubscribers, ...highlyEngaged, ...inactiveContacts, ...neverEngaged, ...clickButNeverConvert, ...mobileOpeners, ...timeBasedEngagement,
];
