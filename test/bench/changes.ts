import { chance } from './random.js';
import type { BenchService } from './service.js';
import { campaigns, contactId, type Size } from './world.js';

const batch = 10_000;

/**
 * Changes so many contacts as senders and integrations do, through the service's batches, which write set by set and note
 * each contact in the log: every second is patched (score, tags, account, place), every other has one to three new events
 * of the last hour. `salt` says which contacts, so that each call changes others.
 */
export async function changeContacts(service: BenchService, size: Size, howMany: number, salt: number, asOf: Date): Promise<void> {
  const random = chance(size.seed + salt);
  const patches: object[] = [];
  const events: object[] = [];
  const stride = Math.floor(size.contacts / howMany);
  for (let at = 0; at < howMany; at += 1) {
    const who = (at * stride + (salt * 31) % stride) % size.contacts;
    if (at % 2 === 1) patches.push(patchOf(who, random));
    else events.push(...eventsOf(who, salt, random, asOf));
  }
  for (let at = 0; at < patches.length; at += batch) {
    await expectNoFailure(service, '/contacts/batch', { contacts: patches.slice(at, at + batch) });
  }
  for (let at = 0; at < events.length; at += batch) {
    await expectNoFailure(service, '/events/batch', { events: events.slice(at, at + batch) });
  }
}

/** An event of a contact that nobody has sent before. */
export function eventOf(who: number, id: string, random: () => number, at: Date): object {
  const type = ['sent', 'delivered', 'opened', 'opened', 'opened', 'clicked', 'clicked', 'converted'][Math.floor(random() * 8)]!;
  return {
    id, type, contactId: contactId(who), occurredAt: at.toISOString(), campaignId: campaigns[48 + Math.floor(random() * 4)]!.externalId,
    ...(type === 'clicked' ? { url: `https://example.com/${random() < 0.5 ? 'pricing' : 'demo'}` } : {}),
    ...(type === 'opened' || type === 'clicked' ? { device: random() < 0.5 ? 'mobile' : 'desktop' } : {}),
    ...(type === 'converted' ? { revenue: Math.round(random() * 10_000) / 100 } : {}),
  };
}

function patchOf(who: number, random: () => number): object {
  const email = `contact-${who}@example.com`;
  switch (Math.floor(random() * 5)) {
    case 0: return { email, leadScore: Math.floor(random() * 101) };
    case 1: return { email, addTags: ['product user', 'vip'], removeTags: ['beta'] };
    case 2: return { email, customFields: { account_type: 'paid', last_purchase_date: '2026-02-28', customer_ltv: Math.floor(random() * 6000) } };
    case 3: return { email, country: 'Canada', state: 'Ontario', city: 'Toronto' };
    default: return { email, leadScore: Math.floor(random() * 101), customFields: { industry: random() < 0.5 ? 'SaaS' : 'Retail' } };
  }
}

function* eventsOf(who: number, salt: number, random: () => number, asOf: Date): Generator<object> {
  for (let times = 1 + Math.floor(random() * 3); times > 0; times -= 1) {
    yield eventOf(who, `bench-${salt}-${who}-${times}`, random, new Date(asOf.getTime() - Math.floor(random() * 3_600_000)));
  }
}

async function expectNoFailure(service: BenchService, path: string, body: object): Promise<void> {
  const { failed } = await service.request<{ failed: unknown[] }>('POST', path, body);
  if (failed.length > 0) throw new Error(`${path} refused ${failed.length} rows, the first ${JSON.stringify(failed[0])}`);
}
