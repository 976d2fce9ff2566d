import fc, { type Arbitrary } from 'fast-check';
import { addToInstant, type ConditionDefinition, type SegmentDefinition } from '#rules';
import { STATEMENT_COSTS } from '../../src/segments/incremental-refresh.js';
import type { StatementCosts } from '../../src/segments/partition.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { definition } from '../support/rule-definitions.js';
import { CycleFaults, nextMidnight } from '../support/cycle-faults.js';
import { hold } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { amounts, campaignIds, days, eventTypes, instants, numbers, options, revenues, texts, zones } from '../support/worlds.js';

const start = Date.parse('2026-03-28T22:30:00Z');
const people = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}@example.com`);
const iso = (at: number): string => new Date(at).toISOString();

/** What a client may do between two cycles, and the clock. `segment` is an index into the world's segments. */
type Command =
  | { do: 'contacts'; rows: object[] }
  | { do: 'events'; rows: object[] }
  | { do: 'take back'; id: string }
  | { do: 'erase'; email: string }
  | { do: 'list'; method: 'POST' | 'DELETE'; emails: string[] }
  | { do: 'pin'; segment: number; overrides: object[] }
  | { do: 'campaign'; name: string; externalId: string | null }
  | { do: 'edit'; segment: number; rules: SegmentDefinition }
  | { do: 'life'; segment: number; verb: 'archive' | 'activate' }
  | { do: 'declare'; properties: object }
  | { do: 'clock'; amount: number; unit: 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years'; sign: number; by: number }
  | { do: 'edge'; by: number }
  | { do: 'midnight'; zone: string; by: number }
  | { do: 'poison'; segment: number }
  | { do: 'cycle'; how: 'once' | 'twice at once' | 'while a writer waits' | 'killed'; at: number; email: string; country: string };

const person = fc.constantFrom(...people);
const near = instants(start).filter((at) => at > Date.parse('1000-01-01') && at < Date.parse('3000-01-01'));

const contactRow = fc.record({
  email: person,
  country: fc.constantFrom(...texts, null), firstName: fc.constantFrom(...texts, null), timezone: fc.constantFrom(...zones, null),
  leadScore: fc.constantFrom(...numbers, null), tags: fc.subarray(texts, { maxLength: 3 }), createdAt: near.map(iso),
  subscriptionStatus: fc.constantFrom('active', 'unsubscribed', 'pending'),
  customFields: fc.record({
    text: fc.constantFrom(...texts, null), number: fc.constantFrom(...numbers, null), boolean: fc.constantFrom(true, false, null),
    date: days(start), datetime: near.map(iso), select: fc.constantFrom(...options, null), multi_select: fc.subarray(options),
  }, { requiredKeys: [] }),
}, { requiredKeys: ['email'] });

const eventRow = fc.record({
  id: fc.nat(40).map((n) => `e${n}`), email: person, type: fc.constantFrom(...eventTypes, 'opened', 'sent', 'own'), occurredAt: near.map(iso),
  campaignId: fc.constantFrom(...campaignIds.filter((id) => id !== '')), device: fc.constantFrom('mobile', 'desktop'), url: fc.constantFrom(...texts),
  revenue: fc.constantFrom(...revenues), properties: fc.dictionary(fc.constantFrom('plan', 'amount', 'flag'), fc.constantFrom('pro', 5, true)),
}, { requiredKeys: ['id', 'email', 'type', 'occurredAt'] });

const override = fc.record({ email: person, pin: fc.constantFrom('in', 'out', null), until: fc.option(near.map(iso)) });

const cycle = fc.record({
  do: fc.constant('cycle' as const), how: fc.constantFrom('once' as const, 'once' as const, 'twice at once' as const, 'while a writer waits' as const, 'killed' as const),
  at: fc.integer({ min: 1, max: 40 }), email: person, country: fc.constantFrom(...texts),
});
const plainly: Command = { do: 'cycle', how: 'once', at: 0, email: '', country: '' };

function command(segments: number, rules: Arbitrary<SegmentDefinition>): Arbitrary<Command> {
  const segment = fc.nat(segments - 1);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('contacts' as const), rows: fc.array(contactRow, { minLength: 1, maxLength: 4 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('events' as const), rows: fc.array(eventRow, { minLength: 1, maxLength: 8 }) }) },
    fc.record({ do: fc.constant('take back' as const), id: fc.nat(40).map((n) => `e${n}`) }),
    fc.record({ do: fc.constant('erase' as const), email: person }),
    fc.record({ do: fc.constant('list' as const), method: fc.constantFrom('POST' as const, 'DELETE' as const), emails: fc.subarray(people, { minLength: 1, maxLength: 3 }) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pin' as const), segment, overrides: fc.uniqueArray(override, { minLength: 1, maxLength: 3, selector: ({ email }) => email }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('campaign' as const), name: fc.constantFrom('Product', 'news', texts[0]!), externalId: fc.constantFrom('news', 'gone', null) }) },
    fc.record({ do: fc.constant('edit' as const), segment, rules }),
    { weight: 3, arbitrary: fc.record({ do: fc.constant('life' as const), segment, verb: fc.constantFrom('archive' as const, 'activate' as const) }) },
    fc.record({ do: fc.constant('declare' as const), properties: fc.constantFrom({}, { plan: 'string' }, { plan: 'number', amount: 'number' }) }),
    { weight: 7, arbitrary: fc.record({ do: fc.constant('clock' as const), step: fc.constantFrom(...amounts.slice(0, 9)), sign: fc.constantFrom(1, 1, 1, -1), by: fc.constantFrom(0, 0, 1, -1) })
      .map(({ step, sign, by }) => ({ do: 'clock' as const, ...step, sign, by })) },
    // Half of the steps of the clock go to where something happens, and a millisecond before or after it.
    { weight: 5, arbitrary: fc.record({ do: fc.constant('edge' as const), by: fc.constantFrom(-1, 0, 0, 1) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('midnight' as const), zone: fc.constantFrom('UTC', 'America/Sao_Paulo', 'Europe/Berlin'), by: fc.constantFrom(-1, 0, 1) }) },
    fc.record({ do: fc.constant('poison' as const), segment }),
    { weight: 8, arbitrary: cycle },
  );
}

const length = fc.constantFrom(...amounts.slice(1, 9)).filter(({ unit }) => unit !== 'hours' && unit !== 'minutes');

/** One condition that time or the name of a campaign alone makes true or false: lengths are those that instants and clock steps are drawn of. */
const telling: Arbitrary<SegmentDefinition> = fc.oneof(
  fc.constant<ConditionDefinition>({ event: [...eventTypes, 'own'], where: [{ property: 'campaign.name', operator: 'equals', value: 'news' }] }),
  fc.record({ event: fc.constantFrom(...eventTypes, 'opened', 'own'), window: length.map(({ amount, unit }) => ({ last: amount, unit })) }),
  fc.record({ event: fc.constantFrom('opened', 'sent', 'clicked'), window: length.map(({ amount, unit }) => ({ olderThan: amount, unit })) }),
  fc.record({ event: fc.constantFrom('opened', 'sent', 'clicked') }),
  fc.record({
    field: fc.constantFrom('contact.created_at', 'customField.datetime', 'customField.date', 'engagement.last_sent_at', 'engagement.last_activity_at'),
    operator: fc.constantFrom('within_last', 'more_than_ago', 'within_next', 'more_than_from_now'), value: length,
  }),
  fc.record({ field: fc.constantFrom('contact.created_at', 'customField.date'), operator: fc.constant('during'), value: fc.constantFrom('today', 'this_week', 'last_month') }),
).map((condition) => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] }));

/** A tenant with one of everything that rules may name. */
async function furnish(service: TestService): Promise<{ tenant: TestTenant; list: string; campaign: string; ownType: string }> {
  const tenant = await service.tenant();
  for (const type of ['text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select']) {
    await tenant.request('POST', '/custom-fields', { key: type, label: type, type, ...(type.endsWith('select') ? { options } : {}) });
  }
  const own = await tenant.request<{ id: string }>('POST', '/event-types', { key: 'own', label: 'Own', properties: { plan: 'string', amount: 'number', flag: 'boolean' } });
  const campaign = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Product', externalId: 'news' });
  await tenant.request('POST', '/contacts/batch', { contacts: people.map((email) => ({ email })) });
  const list = await tenant.request<{ id: string }>('POST', '/segments', { name: 'list', type: 'static', emails: people.slice(0, 3) });
  return { tenant, list: list.body.id, campaign: campaign.body.id, ownType: own.body.id };
}

describe('A refresh of what changed', () => {
  let service: TestService;
  let faults: CycleFaults;
  let underWay: Promise<void> = Promise.resolve();

  // Nobody works the queue: the test runs the cycles itself, between commands.
  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    faults = await CycleFaults.open(service);
  });
  afterAll(async () => {
    // The time limit leaves the last world in its middle.
    await underWay;
    await faults.close();
    await service.stop();
  });

  it('gives the members that a full recomputation gives, after any sequence of writes, clock steps and edits', async () => {
    const cycles = service.service.app.get(RefreshCycle, { strict: false });
    const ran = { cycles: 0, checks: 0, incremental: 0 };
    const costs = service.service.app.get<StatementCosts>(STATEMENT_COSTS, { strict: false });
    const plan = fc.record({
      // Each segment in a statement of its own, all in one, and what is cheaper among so few contacts.
      costs: fc.constantFrom({ statement: 0, contact: 1, condition: 1 }, { statement: 1000, contact: 1, condition: 1 }, { statement: 4, contact: 1, condition: 0.3 }),
      segments: fc.integer({ min: 4, max: 6 }),
      // Rules may name segments, whose ids are known only once they are made.
      draw: fc.gen(),
    });
    const world = async ({ costs: weighed, segments, draw }: { costs: StatementCosts; segments: number; draw: fc.GeneratorValue }): Promise<void> => {
      Object.assign(costs, weighed);
      await service.clock(iso(start));
      const { tenant, list, campaign, ownType } = await furnish(service);
      const ids: string[] = [];
      for (let index = 0; index < segments; index += 1) {
        const rules = index % 2 === 0 ? draw(() => telling) : draw(definition, start, [list, ...ids]);
        const made = await tenant.request<{ id: string }>('POST', '/segments', { name: `segment ${index}`, type: 'dynamic', rules });
        if (made.status === 201) ids.push(made.body.id);
      }
      if (ids.length === 0) return;
      let now = start;
      const log: string[] = [];
      const apply = async (step: Command): Promise<void> => {
        log.push(JSON.stringify(step));
        switch (step.do) {
          case 'contacts': await tenant.request('POST', '/contacts/batch', { contacts: step.rows }); break;
          case 'events': await tenant.request('POST', '/events/batch', { events: step.rows }); break;
          case 'take back': await tenant.request('DELETE', `/events/${step.id}`); break;
          case 'erase': await erase(tenant, step.email); break;
          case 'list': await tenant.request(step.method, `/segments/${list}/contacts`, { emails: step.emails }); break;
          case 'pin': await tenant.request('PUT', `/segments/${ids[step.segment % ids.length]}/overrides`, { overrides: step.overrides }); break;
          case 'campaign': await tenant.request('PATCH', `/campaigns/${campaign}`, { name: step.name, externalId: step.externalId }); break;
          case 'edit': await tenant.request('PATCH', `/segments/${ids[step.segment % ids.length]}`, { rules: step.rules }); break;
          case 'life': await tenant.request('POST', `/segments/${ids[step.segment % ids.length]}/${step.verb}`); break;
          case 'declare': await tenant.request('PATCH', `/event-types/${ownType}`, { properties: step.properties }); break;
          case 'clock':
            now = addToInstant(now, step.sign * step.amount, step.unit) + step.by;
            await service.clock(iso(now));
            break;
          case 'edge':
            now = (await faults.nextEdge(tenant.id, now) ?? now) + step.by;
            await service.clock(iso(now));
            break;
          case 'midnight':
            now = nextMidnight(now, step.zone) + step.by;
            await service.clock(iso(now));
            break;
          case 'poison': await faults.poison(ids[step.segment % ids.length]!); break;
          case 'cycle':
            if (step.how === 'twice at once') await Promise.all([cycles.run(tenant.id), cycles.run(tenant.id)]);
            if (step.how === 'while a writer waits') await faults.whileAWriterWaits(tenant.id, step.email, step.country, new Date(now), async () => { await cycles.run(tenant.id); });
            if (step.how === 'killed') await faults.killedAt(step.at, async () => { await cycles.run(tenant.id); });
            // Whatever the first one left behind.
            await cycles.run(tenant.id);
            ran.cycles += 1;
            break;
        }
      };
      const steps = draw(() => fc.array(command(ids.length, definition(start, [list])), { minLength: 6, maxLength: 18 }));
      for (const step of [plainly, ...steps, plainly]) {
        await apply(step);
        if (step.do !== 'cycle') continue;
        ran.checks += await check(tenant, ids, faults.poisoned, log);
        const untold = await faults.historyFaults(tenant.id);
        if (untold > 0) throw new Error(`${untold} faults of history after\n${log.join('\n')}`);
      }
      // What failed heals once its cause is gone.
      for (const id of await faults.cure()) await tenant.request('POST', `/segments/${id}/refresh`);
      await apply(plainly);
      ran.checks += await check(tenant, ids, faults.poisoned, log);
      ran.incremental += await incrementals(tenant, ids);
    };
    await hold('incremental = full', fc.asyncProperty(plan, async (drawn) => {
      const run = world(drawn);
      underWay = run.catch(() => undefined);
      await run;
    }), () => `${ran.cycles} cycles, ${ran.checks} comparisons, ${ran.incremental} incremental refreshes`);
    process.stdout.write(`runs: ${ran.checks} comparisons of incremental and full membership\n`);
    expect(ran.incremental).toBeGreaterThan(0);
  }, 600_000);
});

async function erase(tenant: TestTenant, email: string): Promise<void> {
  const { body } = await tenant.request<{ items: { id: string }[] }>('GET', `/contacts?email=${encodeURIComponent(email)}`);
  if (body.items[0] !== undefined) await tenant.request('DELETE', `/contacts/${body.items[0].id}`);
}

/** The stored members of each active segment against its rules over all contacts, at the clock's moment. */
async function check(tenant: TestTenant, ids: readonly string[], poisoned: ReadonlySet<string>, log: readonly string[]): Promise<number> {
  let compared = 0;
  for (const id of ids) {
    const { body: segment } = await tenant.request<{ status: string; freshness: string; rules: object; contactCount: number; refreshError: string | null }>('GET', `/segments/${id}`);
    if (segment.status !== 'active' || (poisoned.has(id) && segment.freshness === 'failed')) continue;
    const preview = await tenant.request<{ count: number; wouldAdd: number; wouldRemove: number }>('POST', '/segments/preview', { rules: segment.rules, segmentId: id, sampleLimit: 0 });
    const found = { add: preview.body.wouldAdd, remove: preview.body.wouldRemove, count: segment.contactCount, freshness: segment.freshness };
    const wanted = { add: 0, remove: 0, count: preview.body.count, freshness: 'fresh' };
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(wanted)} (${segment.refreshError}) of ${JSON.stringify(segment.rules)} after\n${log.join('\n')}`);
    }
    compared += 1;
  }
  return compared;
}

async function incrementals(tenant: TestTenant, ids: readonly string[]): Promise<number> {
  let count = 0;
  for (const id of ids) {
    const { body } = await tenant.request<{ items: { mode: string; status: string }[] }>('GET', `/segments/${id}/refreshes?limit=1000`);
    count += body.items.filter(({ mode, status }) => mode === 'incremental' && status === 'succeeded').length;
  }
  return count;
}
