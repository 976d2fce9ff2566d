import { Random } from './random.js';

/** How a contact takes its mail; what it does follows from that. */
export type Temper = 'keen' | 'engaged' | 'casual' | 'lapsed' | 'silent' | 'new';

/** A contact as `POST /contacts/batch` takes it, with what the events are made from. */
export interface DemoContact {
  readonly temper: Temper;
  readonly device: 'mobile' | 'desktop' | 'any';
  /** When it mostly reads, by its own clock. */
  readonly hour: number;
  readonly utcOffset: number;
  readonly createdDaysAgo: number;
  readonly row: ContactRow;
}

export interface ContactRow {
  readonly email: string;
  readonly createdAt: string;
  readonly [property: string]: unknown;
}

interface Place { country: string; state: string; city: string; timezone: string; utcOffset: number }

const places: readonly (readonly [Place, number])[] = [
  [{ country: 'United States', state: 'California', city: 'San Francisco', timezone: 'America/Los_Angeles', utcOffset: -8 }, 14],
  [{ country: 'United States', state: 'California', city: 'Los Angeles', timezone: 'America/Los_Angeles', utcOffset: -8 }, 8],
  [{ country: 'United States', state: 'New York', city: 'New York', timezone: 'America/New_York', utcOffset: -5 }, 14],
  [{ country: 'United States', state: 'Texas', city: 'Austin', timezone: 'America/Chicago', utcOffset: -6 }, 10],
  [{ country: 'United States', state: 'Colorado', city: 'Denver', timezone: 'America/Denver', utcOffset: -7 }, 6],
  [{ country: 'Canada', state: 'Ontario', city: 'Toronto', timezone: 'America/Toronto', utcOffset: -5 }, 5],
  [{ country: 'Canada', state: 'Manitoba', city: 'Winnipeg', timezone: 'America/Chicago', utcOffset: -6 }, 4],
  [{ country: 'United Kingdom', state: 'England', city: 'London', timezone: 'Europe/London', utcOffset: 0 }, 12],
  [{ country: 'Germany', state: 'Berlin', city: 'Berlin', timezone: 'Europe/Berlin', utcOffset: 1 }, 10],
  [{ country: 'France', state: 'Île-de-France', city: 'Paris', timezone: 'Europe/Paris', utcOffset: 1 }, 7],
  [{ country: 'India', state: 'Karnataka', city: 'Bengaluru', timezone: 'Asia/Kolkata', utcOffset: 5.5 }, 6],
  [{ country: 'Australia', state: 'New South Wales', city: 'Sydney', timezone: 'Australia/Sydney', utcOffset: 10 }, 4],
];
const firstNames = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Margaret', 'Dennis', 'Radia', 'Ken', 'Frances', 'Linus', 'Hedy', 'Niklaus', 'Katherine', 'Tony', 'Sophie', 'Leslie', 'Jean', 'Vint'];
const lastNames = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Hamilton', 'Ritchie', 'Perlman', 'Thompson', 'Allen', 'Lamarr', 'Wirth', 'Johnson', 'Hoare', 'Wilson', 'Lamport', 'Bartik', 'Cerf', 'Kay'];
const companies = ['Northwind', 'Blue Harbor', 'Acorn Labs', 'Tideline', 'Juniper & Sons', 'Brightwater', 'Copperfield', 'Quarry', 'Lumen Works', 'Fernhill'];
const jobTitles = ['Marketing Manager', 'Head of Growth', 'Founder', 'Product Manager', 'Sales Lead', 'Engineer', 'Operations Manager'];
const sizes = ['1-10 employees', '11-50 employees', '51-200 employees', '201-1000 employees', '1000+ employees'];
const industries = ['SaaS', 'Technology', 'Software', 'Retail', 'Finance', 'Healthcare', 'Education', 'Manufacturing'];
const interests = ['automation', 'analytics', 'integrations', 'email marketing', 'crm', 'reporting', 'design', 'sales'];
const scores: Record<Temper, readonly [number, number]> = {
  keen: [60, 100], engaged: [45, 95], casual: [20, 75], lapsed: [5, 55], silent: [0, 40], new: [10, 60],
};

/** Contacts of a fixed seed; their dates are relative to `from`. */
export function demoContacts(count: number, from: Date, seed = 20): DemoContact[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => contact(random, index, from));
}

function contact(random: Random, index: number, from: Date): DemoContact {
  const temper = random.weighted<Temper>([['keen', 12], ['engaged', 25], ['casual', 30], ['lapsed', 15], ['silent', 14], ['new', 4]]);
  const createdDaysAgo = temper === 'new' ? random.whole(0, 9) : random.whole(35, 900);
  const firstName = random.pick(firstNames);
  const lastName = random.pick(lastNames);
  const { utcOffset, ...place } = random.weighted(places);
  return {
    temper, createdDaysAgo, utcOffset,
    device: random.weighted([['mobile', 35], ['desktop', 40], ['any', 25]]),
    hour: random.weighted([[random.whole(9, 11), 45], [random.whole(12, 17), 35], [random.whole(18, 22), 20]]),
    row: {
      email: `${firstName}.${lastName}.${index + 1}@example.com`.toLowerCase(),
      createdAt: instant(from, createdDaysAgo, random.next()),
      firstName, lastName, ...place,
      company: random.pick(companies), jobTitle: random.pick(jobTitles),
      source: random.pick(['webinar', 'import', 'landing page', 'referral']),
      subscriptionStatus: random.weighted([['active', 95], ['pending', 5]]),
      leadScore: random.chance(0.9) ? random.whole(...scores[temper]) : null,
      tags: random.some(['vip', 'product user', 'beta', 'unqualified', 'newsletter'], 0.12),
      customFields: customFieldsOf(random, from, temper, createdDaysAgo),
    },
  };
}

function customFieldsOf(random: Random, from: Date, temper: Temper, createdDaysAgo: number): Record<string, unknown> {
  const account = random.weighted([['free', 50], ['trial', 18], ['paid', 32]]);
  const spends = account === 'paid';
  return {
    company_size: random.pick(sizes), industry: random.pick(industries), account_type: account,
    interests: random.some(interests, 0.2),
    signup_date: day(from, createdDaysAgo),
    lifetime_opens: temper === 'silent' || temper === 'new' ? 0 : random.whole(0, temper === 'keen' ? 240 : 90),
    ...(account === 'trial' ? { trial_end_date: day(from, random.whole(-21, 10)) } : {}),
    ...(spends ? { last_purchase_date: day(from, random.whole(1, 300)), customer_ltv: random.whole(50, 6000), total_revenue: random.whole(50, 12_000) } : {}),
    ...(random.chance(0.03) ? { bounced: true } : {}),
  };
}

/** So many days before `from`, at a part of the day. */
export function instant(from: Date, daysAgo: number, part: number): string {
  return new Date(from.getTime() - (daysAgo + part) * 86_400_000).toISOString();
}

function day(from: Date, daysAgo: number): string {
  return new Date(from.getTime() - daysAgo * 86_400_000).toISOString().slice(0, 10);
}
