import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled, primeFrom } from '../support/settled.js';
import { StatementKiller } from '../support/statements.js';

const when = (condition: object): object => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] });
const inCountry = (value: string): object => when({ field: 'contact.country', operator: 'equals', value });
const ofCampaign = (value: string): object => when({ event: 'opened', where: [{ property: 'campaign.name', operator: 'equals', value }] });

/** Each write is answered while a cycle is at its first statement, at its second, … in an order that spreads them over the whole cycle. */
describe('What is written while a cycle runs', () => {
  let service: TestService;
  let tenant: TestTenant;
  let statements: StatementKiller;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-05-01T12:00:00Z');
    statements = await StatementKiller.open(service.databaseUrl);
  });

  afterAll(async () => {
    await statements.close();
    await service.stop();
  });

  const done = async <Body = { id: string }>(method: string, path: string, body?: object): Promise<Body> => {
    const { status, body: answer } = await tenant.request<Body>(method, path, body);
    expect([status < 300, method, path, answer]).toEqual([true, method, path, answer]);
    return answer;
  };

  /** The members are those that the rules give. */
  const checkMembers = async (ids: readonly string[]): Promise<void> => {
    for (const segmentId of ids) {
      const { rules } = await done<{ rules: object }>('GET', `/segments/${segmentId}`);
      expect(await done<object>('POST', '/segments/preview', { rules, segmentId, sampleLimit: 0 })).toMatchObject({ wouldAdd: 0, wouldRemove: 0 });
    }
  };

  it('is in the members once the next cycle has run, at whichever statement it came', async () => {
    tenant = await service.tenant();
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    const make = async (name: string, rules: object): Promise<string> => (await done('POST', '/segments', { name, type: 'dynamic', rules })).id;
    const list = (await done('POST', '/segments', { name: 'list', type: 'static', emails: [] })).id;
    const france = await make('France', inCountry('France'));
    const made = [
      france, await make('in France', when({ segment: france, operator: 'in' })), await make('not in France', when({ segment: france, operator: 'not_in' })),
      await make('openers', when({ event: 'opened', window: { last: 30, unit: 'days' } })), await make('of the news', ofCampaign('News')),
      await make('listed', when({ segment: list, operator: 'in' })),
    ];
    const campaign = (await done('POST', '/campaigns', { name: 'News', externalId: 'news' })).id;
    // `other`: every second time something else is written.
    const writes: readonly ((email: string, id: string, other: boolean) => Promise<unknown>)[] = [
      async (email) => await done('POST', '/contacts/batch', { contacts: [{ email, country: 'Chad' }] }),
      async (_, id) => { await tenant.request('DELETE', `/contacts/${id}`); },
      async (email) => await done('POST', '/events/batch', { events: [{ id: `late ${email}`, type: 'opened', email, occurredAt: '2026-04-30T00:00:00Z', campaignId: 'news' }] }),
      async (_, __, other) => await done('PATCH', `/segments/${france}`, { rules: inCountry(other ? 'France' : 'Chad') }),
      async (_, __, other) => await done('PATCH', `/campaigns/${campaign}`, { name: other ? 'News' : 'Old news' }),
      async (email) => await done('POST', `/segments/${list}/contacts`, { emails: [email] }),
      async (email, _, other) => await done('PUT', `/segments/${france}/overrides`, { overrides: [{ email, pin: other ? 'in' : 'out' }] }),
    ];
    await cycle.run(tenant.id);
    const begun = performance.now();
    let length = Infinity;
    let turns = 0;
    for (let turn = 0; turn === 0 || (turn < length * writes.length && performance.now() - begun < budget); turn += 1) {
      // Someone whom this very cycle brings in.
      const email = `p${turn}@example.com`;
      const contact = await done('POST', '/contacts', { email, country: turn % 2 === 0 ? 'France' : 'Chad' });
      await done('POST', '/events/batch', { events: [{ id: `e${turn}`, type: turn % 3 === 0 ? 'sent' : 'opened', email, occurredAt: '2026-04-01T13:00:00Z', campaignId: 'news' }] });
      const nth = turn === 0 ? 1_000_000 : 1 + (turn * 11) % length;
      const sent = await statements.beside(nth, async () => { await writes[turn % writes.length]!(email, contact.id, Math.floor(turn / writes.length) % 2 === 1); }, async () => { await cycle.run(tenant.id); });
      if (turn === 0) length = primeFrom(sent);
      await cycle.run(tenant.id);
      await checkMembers(made);
      turns += 1;
    }
    await checkSettled(tenant, made);
    process.stdout.write(`runs: ${turns} writes beside a cycle, each at another statement\n`);
    expect(turns).toBeGreaterThan(writes.length);
  }, 300_000);
});
