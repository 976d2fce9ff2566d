import { sum, type Quantity } from '../../exact.js';
import { localTime } from '../../time/zones.js';
import { compareEvents, type ContactSnapshot, type EventSnapshot } from './snapshot.js';

export type EngagementFigures = ReadonlyMap<string, number | Quantity | string | boolean | null>;

const ACTIVITIES = ['opened', 'clicked', 'replied', 'converted'];

/** The engagement fields, from the contact's events up to `asOf`. */
export function engagementFigures(contact: ContactSnapshot, asOf: number): EngagementFigures {
  const events = contact.events.filter(({ occurredAt }) => occurredAt <= asOf).sort(compareEvents);
  const of = (...types: string[]): EventSnapshot[] => events.filter(({ type }) => types.includes(type));
  const last = (...types: string[]): number | null => of(...types).at(-1)?.occurredAt ?? null;
  const opens = of('opened');
  const openTimes = opens.map(({ occurredAt }) => localTime(occurredAt, contact.zone));
  return new Map<string, number | Quantity | string | boolean | null>([
    ['engagement.emails_sent', of('sent').length],
    ['engagement.emails_delivered', of('delivered').length],
    ['engagement.total_opens', opens.length],
    ['engagement.total_clicks', of('clicked').length],
    ['engagement.total_replies', of('replied').length],
    ['engagement.total_conversions', of('converted').length],
    ['engagement.total_bounces', of('bounced').length],
    ['engagement.total_revenue', sum(events.map(({ revenue }) => revenue ?? 0))],
    ['engagement.last_sent_at', last('sent')],
    ['engagement.last_opened_at', last('opened')],
    ['engagement.last_clicked_at', last('clicked')],
    ['engagement.last_converted_at', last('converted')],
    ['engagement.last_activity_at', last(...ACTIVITIES)],
    ['engagement.last_opened_device', opens.filter(({ device }) => device).at(-1)?.device ?? null],
    ['engagement.most_common_open_hour', mode(openTimes.map(({ hour }) => hour))],
    ['engagement.most_common_open_weekday', mode(openTimes.map(({ weekday }) => weekday))],
    ['engagement.opened_last_email', openedLastEmail(of('sent'), opens)],
  ]);
}

/** The most frequent value; of several, the smallest. */
function mode(values: readonly number[]): number | null {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([a, often], [b, oftenToo]) => oftenToo - often || a - b);
  return first?.[0] ?? null;
}

function openedLastEmail(sent: readonly EventSnapshot[], opens: readonly EventSnapshot[]): boolean {
  const latest = sent.filter(({ campaignId }) => campaignId).at(-1);
  return latest !== undefined
    && opens.some((open) => open.campaignId === latest.campaignId && open.occurredAt >= latest.occurredAt);
}
