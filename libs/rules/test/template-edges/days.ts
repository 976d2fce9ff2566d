import { at, edgesOf, JUST, NEXT, type Edge, type Row } from './edge.js';

/** The contacts whose date is on this or that side of today and of seven days on, at midnights of four zones. */
function withinAWeek(custom: (day: string | undefined) => Record<string, unknown>): Row[] {
  const on = (day: string | undefined) => ({ custom: custom(day) });
  return [
    ['in', 'on today', on('2026-03-31')],
    ['out', 'on yesterday', on('2026-03-30')],
    ['in', 'on tomorrow', on('2026-04-01')],
    ['in', 'on the day 7 days on', on('2026-04-07')],
    ['out', 'on the day 8 days on', on('2026-04-08')],
    ['out', 'without a date', on(undefined)],
    ['in', 'on today, at its last millisecond', on('2026-03-31'), { asOf: at('2026-03-31T23:59:59.999Z'), ...NEXT }],
    ['out', 'on the day that has just ended', on('2026-03-31'), { asOf: at('2026-04-01T00:00:00Z'), ...JUST }],
    ['out', 'on the 8th day, a millisecond before midnight', on('2026-04-08'), { asOf: at('2026-03-31T23:59:59.999Z'), ...NEXT }],
    ['in', 'on the day that is now 7 days on', on('2026-04-08'), { asOf: at('2026-04-01T00:00:00Z'), ...JUST }],
    ['in', 'on today in New York, where UTC has tomorrow', on('2026-03-31'), { zone: 'America/New_York', asOf: at('2026-04-01T03:59:59.999Z'), ...NEXT }],
    ['out', 'on the day that has just ended in New York', on('2026-03-31'), { zone: 'America/New_York', asOf: at('2026-04-01T04:00:00Z'), ...JUST }],
    ['out', 'on the 8th day in New York', on('2026-04-08'), { zone: 'America/New_York', asOf: at('2026-04-01T03:59:59.999Z'), ...NEXT }],
    ['in', 'on the day that is now 7 days on in New York', on('2026-04-08'), { zone: 'America/New_York', asOf: at('2026-04-01T04:00:00Z'), ...JUST }],
    ['out', 'on the day that Kiritimati has just left', on('2026-03-30'), { zone: 'Pacific/Kiritimati', asOf: at('2026-03-30T10:00:00Z'), ...JUST }],
    ['out', 'on today of UTC, which is yesterday in Kiritimati', on('2026-03-31'), { zone: 'Pacific/Kiritimati' }],
    ['in', 'on the 8th day of UTC, the 7th in Kiritimati', on('2026-04-08'), { zone: 'Pacific/Kiritimati' }],
    // On 4 November 2018 São Paulo had no hour from midnight to one: the day began at 01:00, 03:00 UTC.
    ['in', 'on a day of São Paulo until the next begins', on('2018-11-03'), { zone: 'America/Sao_Paulo', asOf: at('2018-11-04T02:59:59.999Z'), ...NEXT }],
    ['out', 'on a day of São Paulo once the next began at one', on('2018-11-03'), { zone: 'America/Sao_Paulo', asOf: at('2018-11-04T03:00:00Z'), ...JUST }],
    ['in', 'on 1 March, 7 days after 23 February of a leap year', on('2024-03-01'), { asOf: at('2024-02-23T12:00:00Z') }],
    ['out', 'on 2 March, 8 days on', on('2024-03-02'), { asOf: at('2024-02-23T12:00:00Z') }],
    ['in', 'on 29 February', on('2024-02-29'), { asOf: at('2024-02-22T12:00:00Z') }],
    ['in', 'on 1 March of a common year, 7 days after 22 February', on('2026-03-01'), { asOf: at('2026-02-22T12:00:00Z') }],
    ['out', 'on 2 March of a common year', on('2026-03-02'), { asOf: at('2026-02-22T12:00:00Z') }],
  ];
}

const trialUsers = edgesOf('trial-users', { custom: { account_type: 'trial', trial_end_date: '2026-04-02' } }, [
  ...withinAWeek((day) => ({ account_type: 'trial', ...(day === undefined ? {} : { trial_end_date: day }) })),
  ['in', 'in other letter case', { custom: { account_type: 'Trial', trial_end_date: '2026-04-02' } }],
  ['out', 'paying', { custom: { account_type: 'paid', trial_end_date: '2026-04-02' } }],
  ['out', 'of a type that begins so', { custom: { account_type: 'trial over', trial_end_date: '2026-04-02' } }],
  ['out', 'of a type that ends so', { custom: { account_type: 'no trial', trial_end_date: '2026-04-02' } }],
  ['out', 'of no type', { custom: { trial_end_date: '2026-04-02' } }],
  ['out', 'with another date in its place', { custom: { account_type: 'trial', last_purchase_date: '2026-04-02', signup_date: '2026-04-02' } }],
]);

const trialExpiringSoon = edgesOf('trial-expiring-soon', {}, [
  ...withinAWeek((day) => (day === undefined ? {} : { trial_end_date: day })),
  ['out', 'with another date in its place', { custom: { last_purchase_date: '2026-04-02', signup_date: '2026-04-02' } }],
]);

const bought = (day: string): { custom: Record<string, unknown> } => ({ custom: { account_type: 'paid', last_purchase_date: day } });

// 31 January days, 28 of February and 31 of March: 90 days before 31 March 2026 is 31 December 2025.
const customers = edgesOf('customers', bought('2026-03-01'), [
  ['in', 'bought this month', {}],
  ['in', 'bought 90 days ago', bought('2025-12-31')],
  ['out', 'bought 91 days ago', bought('2025-12-30')],
  ['in', 'bought today', bought('2026-03-31')],
  ['out', 'of a purchase tomorrow', bought('2026-04-01')],
  ['out', 'never bought', { custom: { account_type: 'paid' } }],
  ['in', 'in other letter case', { custom: { account_type: 'PAID', last_purchase_date: '2026-03-01' } }],
  ['out', 'of a type that begins so', { custom: { account_type: 'paid by bill', last_purchase_date: '2026-03-01' } }],
  ['out', 'of a type that ends so', { custom: { account_type: 'unpaid', last_purchase_date: '2026-03-01' } }],
  ['out', 'on trial', { custom: { account_type: 'trial', last_purchase_date: '2026-03-01' } }],
  ['out', 'of no type', { custom: { last_purchase_date: '2026-03-01' } }],
  ['in', 'bought 90 days ago, at the last millisecond of today', bought('2025-12-31'), { asOf: at('2026-03-31T23:59:59.999Z'), ...NEXT }],
  ['out', 'bought 91 days ago since midnight', bought('2025-12-31'), { asOf: at('2026-04-01T00:00:00Z'), ...JUST }],
  ['out', 'of a purchase tomorrow, a millisecond before it', bought('2026-04-01'), { asOf: at('2026-03-31T23:59:59.999Z'), ...NEXT }],
  ['in', 'of a purchase today since midnight', bought('2026-04-01'), { asOf: at('2026-04-01T00:00:00Z'), ...JUST }],
  ['in', 'bought 90 days ago in Berlin, a millisecond before its midnight', bought('2025-12-31'), { zone: 'Europe/Berlin', asOf: at('2026-03-31T21:59:59.999Z'), ...NEXT }],
  ['out', 'bought 91 days ago in Berlin since midnight, where UTC has yesterday', bought('2025-12-31'), { zone: 'Europe/Berlin', asOf: at('2026-03-31T22:00:00Z'), ...JUST }],
  ['in', 'bought 91 days ago in UTC, 90 in New York', bought('2025-12-31'), { zone: 'America/New_York', asOf: at('2026-04-01T03:59:59.999Z'), ...NEXT }],
  ['out', 'of a purchase on today of UTC, tomorrow of New York', bought('2026-04-01'), { zone: 'America/New_York', asOf: at('2026-04-01T03:59:59.999Z'), ...NEXT }],
  ['in', 'bought 90 days ago over 29 February', bought('2024-01-01'), { asOf: at('2024-03-31T12:00:00Z') }],
  ['out', 'bought 91 days ago over 29 February', bought('2023-12-31'), { asOf: at('2024-03-31T12:00:00Z') }],
]);

const signedUp = (day: string): { custom: Record<string, unknown> } => ({ custom: { signup_date: day } });

const anniversaryOutreach = edgesOf('anniversary-outreach', {}, [
  ['in', 'signed up on the 1st of the month a year ago', signedUp('2025-03-01')],
  ['in', 'signed up on its last day years ago', signedUp('2020-03-31')],
  ['out', 'signed up on the last day of the month before', signedUp('2025-02-28')],
  ['out', 'signed up on the first of the month after', signedUp('2025-04-01')],
  ['out', 'signed up this month of this year', signedUp('2026-03-01')],
  ['out', 'of a signup to come', signedUp('2027-03-05')],
  ['out', 'signed up on 29 February, in March', signedUp('2024-02-29')],
  ['out', 'never signed up', {}],
  ['out', 'with other dates in its place', { custom: { trial_end_date: '2025-03-10', last_purchase_date: '2025-03-10' } }],
  ['out', 'signed up in May, a month before', signedUp('2025-05-31'), { asOf: at('2026-04-30T12:00:00Z') }],
  ['in', 'signed up on 29 February, in February of a common year', signedUp('2024-02-29'), { asOf: at('2026-02-10T12:00:00Z') }],
  ['in', 'signed up on 29 February, on the 28th of a common year at its last millisecond', signedUp('2024-02-29'), { asOf: at('2026-02-28T23:59:59.999Z'), ...NEXT }],
  ['out', 'signed up on 29 February, on 1 March of a common year', signedUp('2024-02-29'), { asOf: at('2026-03-01T00:00:00Z'), ...JUST }],
  ['out', 'signed up on 29 February, on 31 January at its last millisecond', signedUp('2024-02-29'), { asOf: at('2026-01-31T23:59:59.999Z'), ...NEXT }],
  ['in', 'signed up on 29 February, on 1 February', signedUp('2024-02-29'), { asOf: at('2026-02-01T00:00:00Z'), ...JUST }],
  ['in', 'signed up on 29 February, on the next one', signedUp('2024-02-29'), { asOf: at('2028-02-29T12:00:00Z') }],
  ['out', 'signed up on this 29 February', signedUp('2024-02-29'), { asOf: at('2024-02-29T12:00:00Z') }],
  ['in', 'signed up on 28 February, on 29 February', signedUp('2023-02-28'), { asOf: at('2024-02-29T23:59:59.999Z'), ...NEXT }],
  ['in', 'signed up in December, a millisecond before the new year', signedUp('2025-12-15'), { asOf: at('2026-12-31T23:59:59.999Z'), ...NEXT }],
  ['out', 'signed up in December, in the new year', signedUp('2025-12-15'), { asOf: at('2027-01-01T00:00:00Z'), ...JUST }],
  ['out', 'signed up in January of this year, a millisecond before the next', signedUp('2026-01-10'), { asOf: at('2026-12-31T23:59:59.999Z'), ...NEXT }],
  ['in', 'signed up in January, in that of the next year', signedUp('2026-01-10'), { asOf: at('2027-01-01T00:00:00Z'), ...JUST }],
  ['in', 'signed up in March, while New York has March', signedUp('2025-03-15'), { zone: 'America/New_York', asOf: at('2026-04-01T03:59:59.999Z'), ...NEXT }],
  ['out', 'signed up in April, while New York has March', signedUp('2025-04-15'), { zone: 'America/New_York', asOf: at('2026-04-01T03:59:59.999Z'), ...NEXT }],
  ['in', 'signed up in April, once New York has April', signedUp('2025-04-15'), { zone: 'America/New_York', asOf: at('2026-04-01T04:00:00Z'), ...JUST }],
  ['in', 'signed up in April, where Kiritimati has April and UTC March', signedUp('2025-04-15'), { zone: 'Pacific/Kiritimati' }],
  ['out', 'signed up in March, where Kiritimati has April and UTC March', signedUp('2025-03-15'), { zone: 'Pacific/Kiritimati' }],
]);

/** Contacts on both sides of the edges of calendar days, at the midnights of several zones. */
export const dayEdges: readonly Edge[] = [...trialUsers, ...trialExpiringSoon, ...customers, ...anniversaryOutreach];
