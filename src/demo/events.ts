import { type DemoCampaign, campaigns } from './catalogue.js';
import type { DemoContact, Temper } from './contacts.js';
import { Random } from './random.js';

/** An event as `POST /events/batch` takes it. */
export interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly email: string;
  readonly occurredAt: string;
  readonly [property: string]: unknown;
}

interface Habit { read: boolean; opens: number; clicks: number; times: readonly [number, number] }

/** How likely a delivered mail is opened, an opened one clicked, and how often. */
const habits: Record<Temper, Habit> = {
  keen: { read: true, opens: 0.95, clicks: 0.75, times: [1, 4] },
  engaged: { read: true, opens: 0.6, clicks: 0.35, times: [1, 2] },
  casual: { read: true, opens: 0.22, clicks: 0.12, times: [1, 1] },
  lapsed: { read: true, opens: 0.5, clicks: 0.3, times: [1, 2] },
  silent: { read: false, opens: 0, clicks: 0, times: [0, 0] },
  new: { read: false, opens: 0, clicks: 0, times: [0, 0] },
};
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What the contacts did with the campaigns of the last months before `from`; none lies after it. */
export function demoEvents(contacts: readonly DemoContact[], from: Date, seed = 26): EventRow[] {
  const random = new Random(seed);
  const events = contacts.flatMap((contact) => campaigns.flatMap((campaign) =>
    receives(random, contact, campaign) ? story(random, contact, campaign, from) : []));
  return events.filter(({ occurredAt }) => new Date(occurredAt) <= from);
}

function receives(random: Random, { temper, createdDaysAgo }: DemoContact, { daysAgo, reach }: DemoCampaign): boolean {
  const often = temper === 'keen' ? 1.6 : 1;
  return random.chance(Math.min(1, reach * often)) && temper !== 'new' && createdDaysAgo > daysAgo;
}

/** One mail to one contact, and what came of it. */
function story(random: Random, contact: DemoContact, campaign: DemoCampaign, from: Date): EventRow[] {
  const { email } = contact.row;
  const sentAt = from.getTime() - campaign.daysAgo * dayMs - random.whole(0, 3 * hourMs);
  const made: EventRow[] = [];
  const add = (type: string, at: number, more: Record<string, unknown> = {}): void => {
    made.push({ id: `${campaign.externalId}:${email}:${made.length}`, type, email, occurredAt: new Date(at).toISOString(), campaignId: campaign.externalId, ...more });
  };
  add('sent', sentAt);
  if (random.chance(0.015)) {
    add('bounced', sentAt + 60_000, { properties: { bounceType: random.weighted([['hard', 1], ['soft', 2]]) } });
    return made;
  }
  add('delivered', sentAt + random.whole(1_000, 90_000));
  const habit = habits[contact.temper];
  const quiet = contact.temper === 'lapsed' && campaign.daysAgo < 100;
  if (!habit.read || quiet || !random.chance(habit.opens)) return made;
  const device = (): string => contact.device === 'any' ? random.pick(['mobile', 'desktop', 'tablet']) : contact.device;
  let at = sentAt;
  for (let times = random.whole(...habit.times); times > 0; times -= 1) {
    at = nextReading(random, contact, at);
    add('opened', at, { device: device() });
    if (!random.chance(habit.clicks)) continue;
    const clicks = random.whole(1, 2);
    for (let click = 1; click <= clicks; click += 1) add('clicked', at + click * 20_000, { device: device(), url: random.pick(campaign.links) });
    if (random.chance(0.08)) add('converted', at + 10 * 60_000, { revenue: random.whole(1_000, 40_000) / 100 });
    if (random.chance(0.02)) add('replied', at + 30 * 60_000);
  }
  if (random.chance(0.008)) add('unsubscribed', at + 60_000);
  return made;
}

/** The contact's usual hour of that day or of one soon after, on a working day more often than not. */
function nextReading(random: Random, { hour, utcOffset }: DemoContact, after: number): number {
  const at = new Date(after);
  const usual = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) + (hour - utcOffset) * hourMs + random.whole(0, hourMs - 1);
  const late = random.chance(0.3) ? random.whole(-4, 4) * hourMs : 0;
  const first = usual + late;
  return first > after ? first : first + Math.ceil((after - first + 1) / dayMs) * dayMs;
}
