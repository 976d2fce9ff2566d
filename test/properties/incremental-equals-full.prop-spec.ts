import fc from 'fast-check';
import { addToInstant } from '#rules';
import { STATEMENT_COSTS } from '../../src/segments/incremental-refresh.js';
import type { StatementCosts } from '../../src/segments/partition.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { definition } from '../support/rule-definitions.js';
import { beginning, type Command, command, follower, iso, people, plainly, start, telling } from '../support/cycle-commands.js';
import { CycleFaults, nextMidnight } from '../support/cycle-faults.js';
import { hold } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { options } from '../support/worlds.js';

/** A tenant with one of everything that rules may name. */
async function furnish(service: TestService): Promise<{ tenant: TestTenant; list: string; campaign: string; ownType: string }> {
  const tenant = await service.tenant();
  await Promise.all(['text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select'].map(async (type) => {
    await tenant.request('POST', '/custom-fields', { key: type, label: type, type, ...(type.endsWith('select') ? { options } : {}) });
  }));
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
        const rules = index % 2 === 0 ? draw(() => telling) : draw(index % 4 === 1 ? follower : definition, start, [list, ...ids]);
        const made = await tenant.request<{ id: string }>('POST', '/segments', { name: `segment ${index}`, type: 'dynamic', rules });
        if (made.status === 201) ids.push(made.body.id);
      }
      if (ids.length === 0) return;
      let now = start;
      const log: string[] = [];
      const ends: number[] = [];
      const apply = async (step: Command): Promise<void> => {
        log.push(JSON.stringify(step));
        switch (step.do) {
          case 'contacts': await tenant.request('POST', '/contacts/batch', { contacts: step.rows }); break;
          case 'events': await tenant.request('POST', '/events/batch', { events: step.rows }); break;
          case 'take back': await tenant.request('DELETE', `/events/${step.id}`); break;
          case 'erase': await erase(tenant, step.email); break;
          case 'list': await tenant.request(step.method, `/segments/${list}/contacts`, { emails: step.emails }); break;
          case 'pin':
            ends.push(...step.overrides.map(({ until }) => Date.parse(until ?? '')));
            await tenant.request('PUT', `/segments/${ids[step.segment % ids.length]}/overrides`, { overrides: step.overrides });
            break;
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
          case 'end of a pin':
            now = (ends.filter((end) => end > now).sort((one, other) => one - other)[0] ?? now) + step.by;
            await service.clock(iso(now));
            break;
          case 'poison': await faults.poison(ids[step.segment % ids.length]!); break;
          case 'cycle':
            if (step.how === 'twice at once') await Promise.all([cycles.run(tenant.id), cycles.run(tenant.id)]);
            if (step.how === 'while a writer waits') await faults.whileAWriterWaits(tenant.id, step.email, step.country, new Date(now), async () => { await cycles.run(tenant.id); });
            if (step.how === 'beside a write') {
              const { write } = step;
              await faults.beside(step.at, async () => { if (write !== null) await apply(write); }, async () => { await cycles.run(tenant.id); });
            }
            if (step.how === 'killed') await faults.killedAt(step.at, async () => { await cycles.run(tenant.id); });
            // Whatever the first one left behind.
            await cycles.run(tenant.id);
            ran.cycles += 1;
            break;
        }
      };
      const steps = draw(() => fc.array(command(ids.length, definition(start, [list])), { minLength: 6, maxLength: 30 }));
      for (const step of [...draw(() => beginning), plainly, ...steps, plainly]) {
        await apply(step);
        if (step.do !== 'cycle') continue;
        ran.checks += await check(tenant, ids, faults, now, log);
        const untold = await faults.historyFaults(tenant.id);
        if (untold > 0) throw new Error(`${untold} faults of history after\n${log.join('\n')}`);
      }
      // What failed heals once its cause is gone.
      for (const id of await faults.cure()) await tenant.request('POST', `/segments/${id}/refresh`);
      await apply(plainly);
      ran.checks += await check(tenant, ids, faults, now, log);
      ran.incremental += await faults.incrementalRefreshes(tenant.id);
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

interface Listed { id: string; status: string; freshness: string; rules: object; contactCount: number; refreshError: string | null }

/** The stored members of each active segment against its rules over all contacts, at the clock's moment. */
async function check(tenant: TestTenant, ids: readonly string[], faults: CycleFaults, now: number, log: readonly string[]): Promise<number> {
  const { body: { items } } = await tenant.request<{ items: Listed[] }>('GET', '/segments?limit=1000&type=dynamic');
  const checked = items.filter(({ id, status, freshness }) => ids.includes(id) && status === 'active' && !(faults.poisoned.has(id) && freshness === 'failed'));
  if (checked.length === 0) return 0;
  const found = new Map((await faults.recomputed(tenant.id, checked.map(({ id }) => id), now)).map((row) => [row.id, row]));
  for (const { id, rules, contactCount, freshness, refreshError } of checked) {
    const { members, missing, surplus } = found.get(id)!;
    if (missing + surplus > 0 || members !== contactCount || freshness !== 'fresh') {
      throw new Error(`${missing} missing, ${surplus} too many, ${contactCount} counted of ${members}, ${freshness} (${refreshError}) of ${JSON.stringify(rules)} after\n${log.join('\n')}`);
    }
  }
  return checked.length;
}
