import { chance } from './random.js';

export interface Size {
  readonly contacts: number;
  readonly events: number;
  readonly seed: number;
}

/** The custom fields of the guide's templates, with the ids that the generated contacts hold their values under. */
export const customFields = [
  { key: 'company_size', type: 'text' }, { key: 'industry', type: 'text' }, { key: 'account_type', type: 'text' },
  { key: 'trial_end_date', type: 'date' }, { key: 'last_purchase_date', type: 'date' }, { key: 'customer_ltv', type: 'number' },
  { key: 'bounced', type: 'boolean' },
  { key: 'interests', type: 'multi_select', options: ['automation', 'analytics', 'integrations', 'email marketing', 'crm', 'reporting', 'design', 'sales'] },
  { key: 'signup_date', type: 'date' }, { key: 'total_revenue', type: 'number' }, { key: 'lifetime_opens', type: 'number' },
].map((field, at) => ({ options: [] as string[], ...field, id: uuid(0xf1e1d, at) }));

const fieldId = Object.fromEntries(customFields.map(({ key, id }) => [key, id]));

const dayMs = 86_400_000;
const campaignNames = ['Newsletter', 'Webinar', 'Product Update', 'Customer Stories', 'Offer', 'Survey'];
/** A week each, the oldest first, so that every moment of the last year has events; the last two but one are those of the templates. */
export const campaigns = Array.from({ length: 52 }, (_, at) => ({
  id: uuid(0xca, at), externalId: `campaign-${at}`, daysAgo: 357 - at * 7,
  name: at === 48 ? 'Product Launch Q4' : at === 49 ? 'Feature Announcement' : at === 51 ? 'Product Update 51' : `${campaignNames[at % campaignNames.length]!} ${at}`,
}));

const places = [
  ['United States', 'California', 'San Francisco', 'America/Los_Angeles', -8], ['United States', 'New York', 'New York', 'America/New_York', -5],
  ['United States', 'Texas', 'Austin', 'America/Chicago', -6], ['United States', 'Colorado', 'Denver', 'America/Denver', -7],
  ['Canada', 'Ontario', 'Toronto', 'America/Toronto', -5], ['United Kingdom', 'England', 'London', 'Europe/London', 0],
  ['Germany', 'Berlin', 'Berlin', 'Europe/Berlin', 1], ['India', 'Karnataka', 'Bengaluru', 'Asia/Kolkata', 5.5],
] as const;
const industries = ['SaaS', 'Technology', 'Software', 'Retail', 'Finance', 'Healthcare', 'Education', 'Manufacturing'];
const sizes = ['1-10 employees', '11-50 employees', '51-200 employees', '201-1000 employees', '1000+ employees'];
const tags = ['vip', 'product user', 'beta', 'unqualified', 'newsletter'];
/** Cumulated: how many are keen, engaged, casual, lapsed, silent; the rest are new. */
const tempers = [0.1, 0.32, 0.62, 0.78, 0.95];
const habits = [
  { opens: 0.9, clicks: 0.6, times: 3, reach: 1.7 }, { opens: 0.5, clicks: 0.3, times: 1, reach: 1.1 }, { opens: 0.2, clicks: 0.12, times: 1, reach: 1 },
  { opens: 0.4, clicks: 0.3, times: 1, reach: 1 }, { opens: 0, clicks: 0, times: 0, reach: 0.9 }, { opens: 0, clicks: 0, times: 0, reach: 0 },
];
const lapsed = 3;
const fresh = 5;

/** A generated tenant: lines of COPY's text format for its contacts, then for its events in about their order in time. */
export class GeneratedWorld {
  readonly size: Size;
  readonly asOf: Date;
  readonly tenantId: string;
  readonly #tempers: Uint8Array;
  readonly #devices: Uint8Array;
  readonly #hours: Int8Array;
  readonly #createdDaysAgo: Uint16Array;

  constructor(size: Size, asOf: Date, tenantId: string) {
    const { contacts } = size;
    this.size = size;
    this.asOf = asOf;
    this.tenantId = tenantId;
    this.#tempers = new Uint8Array(contacts);
    this.#devices = new Uint8Array(contacts);
    this.#hours = new Int8Array(contacts);
    this.#createdDaysAgo = new Uint16Array(contacts);
  }

  /** `contact`: tenant_id, id, email, country, state, city, timezone, zone, subscription_status, lead_score, tags, custom, created_at, updated_at. */
  * contactLines(): Generator<string> {
    const random = chance(this.size.seed);
    for (let at = 0; at < this.size.contacts; at += 1) {
      const draw = random();
      const temper = tempers.findIndex((limit) => draw < limit);
      this.#tempers[at] = temper === -1 ? fresh : temper;
      this.#createdDaysAgo[at] = this.#tempers[at] === fresh ? whole(random, 0, 12) : whole(random, 20, 900);
      this.#devices[at] = random() < 0.4 ? 0 : random() < 0.6 ? 1 : 2;
      const [country, state, city, zone, offset] = places[whole(random, 0, places.length - 1)]!;
      this.#hours[at] = Math.round((random() < 0.4 ? whole(random, 9, 11) : whole(random, 6, 23)) - offset);
      const created = this.#instant(this.#createdDaysAgo[at]!, random());
      const score = random() < 0.9 ? String(Math.min(100, whole(random, 0, 100 - this.#tempers[at]! * 12))) : '\\N';
      const status = random() < 0.9 ? 'active' : random() < 0.7 ? 'unsubscribed' : 'bounced';
      yield `${this.tenantId}\t${contactId(at)}\tcontact-${at}@example.com\t${country}\t${state}\t${city}\t${zone}\t${zone}\t${status}\t${score}\t`
        + `{${tags.filter(() => random() < 0.12).map((tag) => `"${tag}"`).join(',')}}\t${JSON.stringify(this.#custom(random, at))}\t${created}\t${created}\n`;
    }
  }

  /** `contact_event`: tenant_id, id, contact_id, type, occurred_at, campaign_id, url, device, revenue, properties, received_at. */
  * eventLines(): Generator<string> {
    const random = chance(this.size.seed + 1);
    const { contacts, events } = this.size;
    // Of a contact whose reach is 1, a mail leads to about 2.6 events.
    const reach = events / contacts / campaigns.length / 2.8;
    let made = 0;
    for (let round = 0; made < events; round += 1) {
      const campaign = campaigns[round % campaigns.length]!;
      const much = campaign.daysAgo < 25 ? 1.4 : 1;
      for (let at = 0; at < contacts && made < events; at += 1) {
        const temper = this.#tempers[at]!;
        const habit = habits[temper]!;
        if (this.#createdDaysAgo[at]! <= campaign.daysAgo + 7 || random() >= reach * much * habit.reach) continue;
        for (const line of this.#story(random, at, campaign, temper === lapsed && campaign.daysAgo < 100)) {
          yield `${this.tenantId}\te${made.toString(36)}\t${line}`;
          made += 1;
        }
      }
    }
  }

  #custom(random: () => number, at: number): Record<string, unknown> {
    const account = random() < 0.5 ? 'free' : random() < 0.36 ? 'trial' : 'paid';
    return {
      [fieldId['company_size']!]: sizes[whole(random, 0, 4)], [fieldId['industry']!]: industries[whole(random, 0, 7)], [fieldId['account_type']!]: account,
      [fieldId['interests']!]: customFields[7]!.options.filter(() => random() < 0.15),
      [fieldId['signup_date']!]: this.#day(this.#createdDaysAgo[at]!),
      [fieldId['lifetime_opens']!]: whole(random, 0, 120),
      ...(account === 'trial' ? { [fieldId['trial_end_date']!]: this.#day(whole(random, -20, 10)) } : {}),
      ...(account === 'paid' ? {
        [fieldId['last_purchase_date']!]: this.#day(whole(random, 0, 365)), [fieldId['customer_ltv']!]: whole(random, 10, 6000),
        [fieldId['total_revenue']!]: whole(random, 10, 12_000),
      } : {}),
      ...(random() < 0.03 ? { [fieldId['bounced']!]: true } : {}),
    };
  }

  /** One mail to one contact, and what came of it, none of it after `asOf`. */
  * #story(random: () => number, at: number, { externalId, daysAgo }: (typeof campaigns)[number], silent: boolean): Generator<string> {
    const habit = habits[this.#tempers[at]!]!;
    const sent = this.asOf.getTime() - daysAgo * dayMs - dayMs * (0.01 + random() * 6.98);
    const line = (type: string, ms: number, url: string, device: string, revenue: string): string => {
      const moment = new Date(ms).toISOString();
      return `${contactId(at)}\t${type}\t${moment}\t${externalId}\t${url}\t${device}\t${revenue}\t{}\t${moment}\n`;
    };
    yield line('sent', sent, '\\N', '\\N', '\\N');
    if (random() < 0.02) { yield line('bounced', sent + 60_000, '\\N', '\\N', '\\N'); return; }
    yield line('delivered', sent + 30_000, '\\N', '\\N', '\\N');
    if (silent || random() >= habit.opens) return;
    for (let times = whole(random, 1, habit.times); times > 0; times -= 1) {
      const usual = new Date(sent).setUTCHours(this.#hours[at]!, whole(random, 0, 59)) + (random() < 0.3 ? whole(random, -4, 4) * 3_600_000 : 0);
      const opened = usual > sent ? usual : usual + Math.ceil((sent - usual) / dayMs) * dayMs;
      if (opened + 120_000 > this.asOf.getTime()) return;
      const device = this.#devices[at] === 0 ? 'mobile' : this.#devices[at] === 1 ? 'desktop' : ['mobile', 'desktop', 'tablet'][whole(random, 0, 2)]!;
      yield line('opened', opened, '\\N', device, '\\N');
      if (random() >= habit.clicks) continue;
      yield line('clicked', opened + 20_000, `https://example.com/${['pricing', 'demo', 'blog', 'features'][whole(random, 0, 3)]!}`, device, '\\N');
      if (random() < 0.1) yield line('converted', opened + 100_000, '\\N', '\\N', (whole(random, 500, 50_000) / 100).toFixed(2));
    }
  }

  #instant(daysAgo: number, part: number): string {
    return new Date(this.asOf.getTime() - (daysAgo + part) * dayMs).toISOString();
  }

  #day(daysAgo: number): string {
    return new Date(this.asOf.getTime() - daysAgo * dayMs).toISOString().slice(0, 10);
  }
}

/** In the order of their making, as the service's own ids are. */
export function contactId(at: number): string {
  return uuid(0x0190_0000 + at, at * 2_654_435_761 % 281_474_976_710_656);
}

function uuid(high: number, low: number): string {
  return `${high.toString(16).padStart(8, '0')}-0000-7000-8000-${low.toString(16).padStart(12, '0')}`;
}

function whole(random: () => number, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}
