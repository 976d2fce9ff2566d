import { randomInt } from 'node:crypto';
import { seeded } from '#statistics';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { timeless, withStatements } from '../support/broken-build.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';

const [hour, day] = [3_600_000, 86_400_000];
const start = Date.parse('2026-03-01T12:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();
const people = ['ann', 'bob', 'cid', 'dot'].map((name) => `${name}@example.com`);
/** Of four people, from 35 days before the clock to a day and a half after it; every fifth comes twice. */
const history = Array.from({ length: 59 }, (_, n) => ({
  id: `e${n}`, email: people[(n * n + Math.floor(n / 3)) % 4]!, type: n % 3 === 0 ? 'sent' : 'opened', occurredAt: iso(start - 35 * day + n * 15 * hour),
}));
const sent = [...history, ...history.filter((_, n) => n % 5 === 0)];
const opened = (count: number, window: object | undefined): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ event: 'opened', count: { operator: 'greater_or_equal', value: count }, ...(window === undefined ? {} : { window }) }] }],
});
const segments = {
  'opened lately': opened(1, { last: 3, unit: 'days' }), 'four opens in a fortnight': opened(4, { last: 14, unit: 'days' }), 'ten opens': opened(10, undefined),
  'ten opens by the figures': { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.total_opens', operator: 'greater_or_equal', value: 10 }] }] },
};

/** Test 20, beside the property of any history: one history, by hand, in as many orders as there is time for. */
describe('One history of events, late, early, out of order and twice', () => {
  const seed = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
  let service: TestService;
  let cycle: RefreshCycle;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    cycle = service.service.app.get(RefreshCycle, { strict: false });
  });
  afterAll(async () => { await service.stop(); });

  /** Who is in which segment, now, a day later and two days later, where the events come in batches of four with a refresh after each. */
  const outcomeOf = async (events: readonly object[]): Promise<string> => {
    await service.clock(iso(start));
    const tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: people.map((email) => ({ email })) });
    const ids: string[] = [];
    for (const [name, rules] of Object.entries(segments)) ids.push((await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules })).body.id);
    await cycle.run(tenant.id);
    for (let at = 0; at < events.length; at += 4) {
      await tenant.request('POST', '/events/batch', { events: events.slice(at, at + 4) });
      await cycle.run(tenant.id);
    }
    const told: string[] = [];
    for (const days of [0, 1, 2]) {
      await service.clock(iso(start + days * day));
      await cycle.run(tenant.id);
      for (const [n, name] of Object.keys(segments).entries()) {
        const { items } = (await tenant.request<{ items: { email: string }[] }>('GET', `/segments/${ids[n]}/contacts?limit=100`)).body;
        told.push(`after ${days} days "${name}" has ${items.map(({ email }) => email).sort().join(' ')}`);
      }
    }
    return told.join('\n');
  };

  /** How many orders, and what there was at the end of any. */
  const inOrders = async (most: number): Promise<{ orders: number; outcomes: Set<string> }> => {
    const random = seeded(seed);
    const begun = performance.now();
    // As it happened, first; what lies ahead comes early even so.
    const outcomes = new Set([await outcomeOf(history)]);
    let orders = 1;
    for (; orders < 3 || (orders < most && performance.now() - begun < budget); orders += 1) {
      outcomes.add(await outcomeOf(sent.map((event) => ({ event, place: random() })).sort((one, other) => one.place - other.place).map(({ event }) => event)));
    }
    return { orders, outcomes };
  };

  it('have one outcome, now and when their time has come', async () => {
    const { orders, outcomes } = await inOrders(50);
    expect({ seed, outcomes: [...outcomes] }).toEqual({ seed, outcomes: [expected] });
    process.stdout.write(`runs: ${orders} orders of one history; seed ${seed}\n`);
  }, 300_000);

  it('have another, as this test sees, in a build whose cycles look at nobody whom time has moved', async () => {
    const { outcomes } = await withStatements(timeless, async () => await inOrders(3));
    expect(outcomes).not.toEqual(new Set([expected]));
  }, 120_000);
});

/** By hand, from the formula of the history. */
const expected = members();

function members(): string {
  const told: string[] = [];
  for (const days of [0, 1, 2]) {
    const now = start + days * day;
    const opens = (email: string, last: number): number => history.filter(({ email: whose, type, occurredAt }) =>
      whose === email && type === 'opened' && Date.parse(occurredAt) <= now && Date.parse(occurredAt) > now - last).length;
    const who = (holds: (email: string) => boolean): string => people.filter(holds).sort().join(' ');
    told.push(
      `after ${days} days "opened lately" has ${who((email) => opens(email, 3 * day) >= 1)}`, `after ${days} days "four opens in a fortnight" has ${who((email) => opens(email, 14 * day) >= 4)}`,
      `after ${days} days "ten opens" has ${who((email) => opens(email, Infinity) >= 10)}`, `after ${days} days "ten opens by the figures" has ${who((email) => opens(email, Infinity) >= 10)}`);
  }
  return told.join('\n');
}
