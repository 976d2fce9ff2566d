import fc from 'fast-check';
import { type ConditionDefinition, type SegmentDefinition, templates } from '#rules';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { hold } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

/** The key of one of the guide's segments, or rules. */
type Made = string | SegmentDefinition;
interface Sent { id: string; email: string; type: string; occurredAt: string }

const [minute, day] = [60_000, 86_400_000];
const start = Date.parse('2026-03-01T12:00:00Z');
/** Some are dated up to two days after the clock, which comes by them in two steps. */
const moments = [start, start + day, start + 2 * day + minute];
const raises = new Set(['bounced', 'unsubscribed', 'complained']);
const people = ['ann@example.com', 'bob@example.com', 'cid@example.com', 'dot@example.com', 'eve@example.com'];

const event = fc.record({
  email: fc.constantFrom(...people),
  type: fc.constantFrom('sent', 'delivered', 'opened', 'opened', 'clicked', 'clicked', 'replied', 'converted', 'bounced', 'unsubscribed', 'complained'),
  // On the edges of what the guide's segments ask for as well: 7, 14, 30, 60, 90 days, to the minute.
  at: fc.oneof(
    fc.integer({ min: -200 * 1440, max: 2 * 1440 }).map((minutes) => start + minutes * minute),
    fc.integer({ min: 1, max: 2 * 1440 }).map((minutes) => start + minutes * minute),
    fc.tuple(fc.constantFrom(...moments), fc.constantFrom(0, 1, 7, 14, 30, 60, 90), fc.constantFrom(-1, 0, 1)).map(([at, days, off]) => Math.min(at - days * day + off, start + 2 * day)),
  ),
  campaignId: fc.constantFrom('launch', 'news', undefined),
  device: fc.constantFrom('mobile', 'desktop', undefined),
  url: fc.constantFrom('https://example.com/pricing', undefined),
  revenue: fc.constantFrom(10, 250.5, undefined),
});

/** Those of the guide's segments that ask for events. */
const ofGuide = fc.constantFrom(...templates.filter((one) => /"event"|engagement/.test(JSON.stringify(one.rules))).map(({ key }) => key));
/** Of counts, sums and days, in windows that end and that do not. */
const rules = fc.record({
  event: fc.constantFrom('opened', 'clicked', 'sent', 'converted', 'replied'),
  measure: fc.constantFrom('count', 'distinct_campaigns', 'distinct_days', 'revenue'),
  value: fc.constantFrom(1, 2, 3),
  window: fc.option(fc.record({ last: fc.constantFrom(1, 7, 30, 90), unit: fc.constantFrom('days', 'hours', 'months') }), { nil: undefined }),
}).map(({ event: type, measure, value, window }): SegmentDefinition => {
  const condition: ConditionDefinition = { event: [type], measure, count: { operator: 'greater_or_equal', value }, ...(window === undefined ? {} : { window }) };
  return { match: 'all', groups: [{ match: 'all', conditions: [condition] }] };
});

/** One history however it arrives: in any order, in any batches, a fifth of it twice, with refreshes between. */
describe('Events that come late, early, out of order and twice', () => {
  let service: TestService;
  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });

  it('give the same members and figures as those that come when they happen, now and when their time has come', async () => {
    const cycles = service.service.app.get(RefreshCycle, { strict: false });
    let [orders, compared] = [0, 0];

    /** Sends all batches of the first moment, then those of the second, …; what is told of each moment. */
    const outcome = async (batchesOf: readonly (readonly (readonly Sent[])[])[], made: readonly Made[], refreshAfter: ReadonlySet<number>): Promise<string> => {
      const tenant = await service.tenant();
      await service.clock(new Date(start).toISOString());
      await tenant.request('POST', '/campaigns', { name: 'Product Launch', externalId: 'launch' });
      await tenant.request('POST', '/contacts/batch', { contacts: people.map((email, n) => ({ email, createdAt: new Date(start - 300 * day).toISOString(), leadScore: n * 25 })) });
      for (const [n, one] of made.entries()) {
        const { status, body } = typeof one === 'string' ? await tenant.request('POST', `/segment-templates/${one}/instantiate`, { createMissing: true })
          : await tenant.request('POST', '/segments', { name: `own ${n}`, type: 'dynamic', rules: one });
        if (status !== 201) throw new Error(`${JSON.stringify(one)} was answered ${JSON.stringify(body)}`);
      }
      await cycles.run(tenant.id);
      const states: object[] = [];
      for (const [index, moment] of moments.entries()) {
        await service.clock(new Date(moment).toISOString());
        for (const [at, events] of (batchesOf[index] ?? []).entries()) {
          await tenant.request('POST', '/events/batch', { events });
          if (refreshAfter.has(at)) await cycles.run(tenant.id);
        }
        await cycles.run(tenant.id);
        states.push(await stateOf(tenant));
      }
      orders += 1;
      return JSON.stringify(states, null, 1);
    };

    const plan = fc.record({ history: fc.array(event, { minLength: 15, maxLength: 60 }), made: fc.array(fc.oneof(ofGuide, rules), { minLength: 4, maxLength: 7 }), draw: fc.gen() });
    await hold('order of events', fc.asyncProperty(plan, async ({ history, made, draw }) => {
      const events = history.map(({ at, type, ...rest }, n): Sent =>
        // What raises a status does so when it is accepted.
        ({ id: `e${n}`, type: at > start && raises.has(type) ? 'opened' : type, ...rest, occurredAt: new Date(at).toISOString() }));
      const happened = (index: number): Sent[] => events.filter(({ occurredAt }) =>
        Date.parse(occurredAt) <= moments[index]! && (index === 0 || Date.parse(occurredAt) > moments[index - 1]!));
      const wanted = await outcome(moments.map((_, index) => [happened(index)].filter((batch) => batch.length > 0)), made, new Set());
      for (let order = 0; order < 3; order += 1) {
        const shuffled = draw(() => fc.shuffledSubarray([...events, ...events.filter((_, n) => n % 5 === order)], { minLength: events.length + Math.ceil((events.length - order) / 5) }));
        const size = draw(() => fc.integer({ min: 3, max: 25 }));
        const batches = Array.from({ length: Math.ceil(shuffled.length / size) }, (_, at) => shuffled.slice(at * size, (at + 1) * size));
        const refreshAfter = new Set(draw(() => fc.subarray(batches.map((_, at) => at))));
        const got = await outcome([batches], made, refreshAfter);
        if (got !== wanted) throw new Error(`in another order:\n${difference(wanted, got)}\nof ${JSON.stringify(made)}\n${shuffled.map((one) => JSON.stringify(one)).join('\n')}`);
        compared += 1;
      }
    }), () => `${orders} orders`);
    process.stdout.write(`runs: ${compared} orders of a history compared with its own\n`);
    expect(compared).toBeGreaterThan(0);
  }, 600_000);
});

/** Who is in which segment, and what is kept of each contact. */
async function stateOf(tenant: TestTenant): Promise<object> {
  return await Promise.all(people.map(async (email) => {
    const { body: { items: [contact] } } = await tenant.request<{ items: { id: string; subscriptionStatus: string; engagement: object }[] }>('GET', `/contacts?email=${encodeURIComponent(email)}`);
    const { body: { items } } = await tenant.request<{ items: { name: string }[] }>('GET', `/contacts/${contact?.id}/segments?limit=100`);
    return { email, status: contact?.subscriptionStatus, engagement: contact?.engagement, segments: items.map(({ name }) => name).sort() };
  }));
}

function difference(wanted: string, got: string): string {
  const [before, after] = [wanted.split('\n'), got.split('\n')];
  return [...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`), ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`)].join('\n');
}
