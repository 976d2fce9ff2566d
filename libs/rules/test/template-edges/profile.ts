import { ago, allBut, clicked, edgesOf, JUST, NEXT, NOW, opened, sent, times, type Edge, type Row } from './edge.js';

const inUS = 'United States';

const locationBased = edgesOf('location-based', { country: inUS, state: 'California' }, [
  ['in', 'in California', {}],
  ['in', 'in San Francisco, of no state', { state: undefined, city: 'San Francisco' }],
  ['in', 'in both', { city: 'San Francisco' }],
  ['in', 'in San Francisco of another state', { state: 'Oregon', city: 'San Francisco' }],
  ['out', 'in neither', { state: 'Nevada', city: 'Reno' }],
  ['out', 'without state and city', { state: undefined }],
  ['out', 'in a city of the state’s name and a state of the city’s', { state: 'San Francisco', city: 'California' }],
  ['out', 'without a country', { country: undefined, city: 'San Francisco' }],
  ['out', 'in another country', { country: 'Canada', city: 'San Francisco' }],
  ['in', 'in capitals', { country: 'UNITED STATES', state: 'CALIFORNIA' }],
  ['in', 'with the dotted capital I, which folds to i', { state: undefined, city: 'SAN FRANCİSCO' }],
  ['out', 'with the dotless i, which stays', { state: undefined, city: 'san francısco' }],
  ['out', 'in a country that begins so', { country: 'United States of America' }],
  ['out', 'in a country that ends so', { country: 'The United States' }],
  ['out', 'in a state that begins so', { state: 'California Republic' }],
  ['out', 'in a state that ends so', { state: 'Baja California' }],
  ['out', 'in a city that begins so', { state: undefined, city: 'San Francisco Bay' }],
  ['out', 'in a city that ends so', { state: undefined, city: 'South San Francisco' }],
  ['out', 'with a space behind', { state: 'California ' }],
]);

const companySize = edgesOf('company-size', {}, [
  ['in', 'of the size', { custom: { company_size: '51-200 employees' } }],
  ['in', 'in other letter case', { custom: { company_size: '51-200 EMPLOYEES' } }],
  ['out', 'with a space behind', { custom: { company_size: '51-200 employees ' } }],
  ['out', 'that begins so', { custom: { company_size: '51-200 employees or so' } }],
  ['out', 'that ends so', { custom: { company_size: 'about 51-200 employees' } }],
  ['out', 'with another hyphen', { custom: { company_size: '51–200 employees' } }],
  ['out', 'with the long s, which is no s', { custom: { company_size: '51-200 employeeſ' } }],
  ['out', 'of the size below', { custom: { company_size: '11-50 employees' } }],
  ['out', 'of the size above', { custom: { company_size: '201-500 employees' } }],
  ['out', 'of no size', {}],
]);

const industry = edgesOf('industry', {}, [
  ['in', 'SaaS', { custom: { industry: 'SaaS' } }],
  ['in', 'technology', { custom: { industry: 'Technology' } }],
  ['in', 'software', { custom: { industry: 'Software' } }],
  ['in', 'in small letters', { custom: { industry: 'saas' } }],
  ['in', 'in capitals', { custom: { industry: 'SOFTWARE' } }],
  ['out', 'more than SaaS', { custom: { industry: 'SaaS2' } }],
  ['out', 'less than SaaS', { custom: { industry: 'Saa' } }],
  ['out', 'two of them in one', { custom: { industry: 'SaaS, Software' } }],
  ['out', 'another', { custom: { industry: 'Farming' } }],
  ['out', 'none', {}],
]);

const newLeads = edgesOf('new-leads', { added: ago(1) }, [
  ['in', 'added yesterday', {}],
  ['in', 'added exactly 7 days ago', { added: ago(7) }, NEXT],
  ['out', 'added a millisecond longer ago', { added: ago(7) - 1 }, JUST],
  ['in', 'added a millisecond later than that', { added: ago(7) + 1 }],
  ['in', 'added this very millisecond', { added: NOW }, JUST],
  ['out', 'added in the next millisecond', { added: NOW + 1 }, NEXT],
  ['out', 'sent one email', { events: [sent(ago(1))] }],
  ['out', 'sent two', { events: times(2, sent(ago(1))) }],
  ['out', 'sent one long ago', { events: [sent(ago(900))] }],
  ['out', 'sent one this very millisecond', { events: [sent(NOW)] }, JUST],
  ['in', 'sent one in the next millisecond', { events: [sent(NOW + 1)] }, NEXT],
  ['in', 'with one of every other event', { events: allBut(['sent'], ago(1)) }],
]);

const engagedParts = { opens: times(3, opened(ago(1))), click: clicked(ago(1)) };
const engaged = [...engagedParts.opens, engagedParts.click];
const valuable = { score: 75, custom: { customer_ltv: 1000 } };

const engagedOrHighValue = edgesOf('engaged-or-high-value', {}, [
  ['in', 'opened 3 times and clicked once', { events: engaged }],
  ['in', 'with a score of 75 and a value of 1000', valuable],
  ['in', 'both', { ...valuable, events: engaged }],
  ['out', 'neither', {}],
  ['out', 'half of each: opens and a score', { score: 75, events: engagedParts.opens }],
  ['out', 'half of each: a click and a value', { custom: { customer_ltv: 1000 }, events: [engagedParts.click] }],
  ['out', 'opened twice', { events: engaged.slice(1) }],
  ['in', 'opened 4 times', { events: [opened(ago(2)), ...engaged] }],
  ['out', 'clicked never', { events: engagedParts.opens }],
  ['in', 'clicked twice', { events: [clicked(ago(2)), ...engaged] }],
  ['out', 'opened twice, with one of every other event but a click added', { events: [...engaged.slice(1), ...allBut(['opened', 'clicked'], ago(1))] }],
  ['out', 'opened 3 times, with one of every other event but a click', { events: [...engagedParts.opens, ...allBut(['opened', 'clicked'], ago(1))] }],
  ['out', 'opened twice and clicked twice', { events: [...engaged.slice(1), clicked(ago(1))] }],
  ['in', 'opened for the third time exactly 30 days ago', { events: [opened(ago(30)), ...engaged.slice(1)] }, NEXT],
  ['out', 'opened for the third time a millisecond longer ago', { events: [opened(ago(30) - 1), ...engaged.slice(1)] }, JUST],
  ['in', 'opened for the third time a millisecond later than that', { events: [opened(ago(30) + 1), ...engaged.slice(1)] }],
  ['in', 'opened for the third time this very millisecond', { events: [opened(NOW), ...engaged.slice(1)] }, JUST],
  ['out', 'opens for the third time in the next millisecond', { events: [opened(NOW + 1), ...engaged.slice(1)] }, NEXT],
  ['in', 'clicked exactly 30 days ago', { events: [...engagedParts.opens, clicked(ago(30))] }, NEXT],
  ['out', 'clicked a millisecond longer ago', { events: [...engagedParts.opens, clicked(ago(30) - 1)] }, JUST],
  ['in', 'clicked a millisecond later than that', { events: [...engagedParts.opens, clicked(ago(30) + 1)] }],
  ['out', 'clicks in the next millisecond', { events: [...engagedParts.opens, clicked(NOW + 1)] }, NEXT],
  ['out', 'with a score just below', { ...valuable, score: 74.99 }],
  ['in', 'with a score just above', { ...valuable, score: 75.01 }],
  ['out', 'with a score one below', { ...valuable, score: 74 }],
  ['out', 'without a score', { custom: { customer_ltv: 1000 } }],
  ['out', 'with a value just below', { score: 75, custom: { customer_ltv: 999.99 } }],
  ['in', 'with a value just above', { score: 75, custom: { customer_ltv: 1000.01 } }],
  ['out', 'without a value', { score: 75 }],
  ['out', 'with another number in its place', { score: 75, custom: { total_revenue: 5000, lifetime_opens: 5000 } }],
]);

const qualified = { tags: ['vip'], custom: { bounced: false } };
const northAmerican = { country: 'Canada', timezone: 'America/Chicago', ...qualified };
const clicks = times(5, clicked(ago(200)));
const advanced = edgesOf('advanced-multi-condition', { ...northAmerican, events: [opened(ago(1)), ...clicks] }, [
  ['in', 'Canadian', {}],
  ['in', 'of the United States', { country: 'united states' }],
  ['out', 'Mexican', { country: 'Mexico' }],
  ['out', 'of no country', { country: undefined }],
  ['in', 'in New York', { timezone: 'America/New_York' }],
  ['in', 'in Denver', { timezone: 'America/Denver' }],
  ['in', 'in Los Angeles, in capitals', { timezone: 'AMERICA/LOS_ANGELES' }],
  ['out', 'in Toronto', { timezone: 'America/Toronto' }],
  ['out', 'with an offset as zone', { timezone: 'America/New_York2' }],
  ['out', 'in no zone', { timezone: undefined }],
  ['out', 'neither of the country nor of the zone', { country: 'Mexico', timezone: 'America/Toronto' }],
  ['in', 'opened exactly 60 days ago', { events: [opened(ago(60)), ...clicks] }, NEXT],
  ['out', 'opened a millisecond longer ago', { events: [opened(ago(60) - 1), ...clicks] }, JUST],
  ['in', 'opened a millisecond later than that', { events: [opened(ago(60) + 1), ...clicks] }],
  ['in', 'opened again after long', { events: [opened(ago(1)), opened(ago(400)), ...clicks] }],
  ['in', 'opened this very millisecond', { events: [opened(NOW), ...clicks] }, JUST],
  ['out', 'opens in the next millisecond', { events: [opened(NOW + 1), ...clicks] }, NEXT],
  ['out', 'never opened, with one of every other event', { events: [...clicks, ...allBut(['opened'], ago(1))] }],
  ['out', 'clicked 4 times', { events: [opened(ago(1)), ...clicks.slice(1)] }],
  ['in', 'clicked 6 times', { events: [opened(ago(1)), clicked(ago(1)), ...clicks] }],
  ['out', 'clicks for the fifth time in the next millisecond', { events: [opened(ago(1)), ...clicks.slice(1), clicked(NOW + 1)] }, NEXT],
  ['in', 'clicked for the fifth time this very millisecond', { events: [opened(ago(1)), ...clicks.slice(1), clicked(NOW)] }, JUST],
  ['out', 'clicked 4 times, with one of every other event', { events: [...clicks.slice(1), ...allBut(['clicked'], ago(1))] }],
  ['out', 'neither opened lately nor clicked', { events: [] }],
  ['in', 'without tags', { tags: [] }],
  ['out', 'tagged as unqualified', { tags: ['unqualified'] }],
  ['out', 'tagged so among others, in capitals', { tags: ['vip', 'UNQUALIFIED'] }],
  ['in', 'with a tag that begins so', { tags: ['unqualified lead'] }],
  ['in', 'with a tag that ends so', { tags: ['not unqualified'] }],
  ['out', 'bounced', { custom: { bounced: true } }],
  ['in', 'of whom it is not known', { custom: {} }],
  ['out', 'tagged so and bounced', { tags: ['unqualified'], custom: { bounced: true } }],
]);

const interests = edgesOf('interests', {}, [
  ['in', 'automation alone', { custom: { interests: ['automation'] } }],
  ['in', 'analytics alone', { custom: { interests: ['analytics'] } }],
  ['in', 'integrations alone', { custom: { interests: ['integrations'] } }],
  ['in', 'all three', { custom: { interests: ['automation', 'analytics', 'integrations'] } }],
  ['in', 'one of them behind another', { custom: { interests: ['crm', 'analytics'] } }],
  ['in', 'in capitals', { custom: { interests: ['AUTOMATION'] } }],
  ...['email marketing', 'crm', 'reporting', 'design', 'sales'].map((other): Row => ['out', `${other} alone`, { custom: { interests: [other] } }]),
  ['out', 'all others', { custom: { interests: ['email marketing', 'crm', 'reporting', 'design', 'sales'] } }],
  ['out', 'an empty list', { custom: { interests: [] } }],
  ['out', 'nothing', {}],
  ['out', 'tagged so instead', { tags: ['automation'] }],
]);

const worth = (total_revenue: number, lifetime_opens: number): { custom: Record<string, unknown> } => ({ custom: { total_revenue, lifetime_opens } });

const highValueCohort = edgesOf('high-value-cohort', {}, [
  ['in', 'just above both', worth(5000.01, 50.01)],
  ['in', 'one above both', worth(5001, 51)],
  ['out', 'at 5000', worth(5000, 51)],
  ['out', 'just below 5000', worth(4999.99, 51)],
  ['out', 'at 50 opens', worth(5001, 50)],
  ['out', 'just below 50 opens', worth(5001, 49.99)],
  ['out', 'below both', worth(0, 0)],
  ['out', 'of no revenue', { custom: { lifetime_opens: 51 } }],
  ['out', 'of no opens', { custom: { total_revenue: 5001 } }],
  ['out', 'of neither', {}],
  ['out', 'of opens that were counted as events', { custom: { total_revenue: 5001 }, events: times(51, opened(ago(1))) }],
]);

/** Contacts on both sides of the edges of who contacts are, calendar days apart. */
export const profileEdges: readonly Edge[] = [
  ...locationBased, ...companySize, ...industry, ...newLeads, ...engagedOrHighValue, ...advanced, ...interests, ...highValueCohort,
];
