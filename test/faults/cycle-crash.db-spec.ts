import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled, checkWhole, primeFrom } from '../support/settled.js';
import { StatementKiller } from '../support/statements.js';

const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

/**
 * Fails at the first statement of a cycle, at the second, … at each that a cycle has (as SQLite tests its I/O), in an order
 * that spreads what time there is over the whole cycle.
 */
describe('A cycle that is killed at any statement', () => {
  let service: TestService;
  let tenant: TestTenant;
  let killer: StatementKiller;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    killer = await StatementKiller.open(service.databaseUrl);
  });

  afterAll(async () => {
    await killer.close();
    await service.stop();
  });

  it('leaves the members before it or after it, never a mix, and the next cycle repairs the rest', async () => {
    tenant = await service.tenant();
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    const contacts = (country: string): Promise<unknown> => tenant.request('POST', '/contacts/batch', {
      contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: n % 2 === 0 ? country : 'Canada' })),
    });
    await contacts('France');
    const made = [];
    for (const country of ['France', 'Canada', 'Chad']) {
      made.push((await tenant.request<{ id: string }>('POST', '/segments', { name: country, type: 'dynamic', rules: from(country) })).body.id);
    }
    await cycle.run(tenant.id);
    const begun = performance.now();
    let crashes = 0;
    let statements = Infinity;
    // The first run is not killed: it counts.
    for (let run = 0; run === 0 || (run <= statements && performance.now() - begun < budget); run += 1) {
      const nth = run === 0 ? 1_000_000 : 1 + (run * 11) % statements;
      await contacts(run % 2 === 0 ? 'France' : 'Chad');
      // One that is filled for the first time goes through the full refresh.
      const fresh = await tenant.request<{ id: string }>('POST', '/segments', { name: `fresh ${run}`, type: 'dynamic', rules: from('Chad') });
      const { done, sent } = await killer.at(nth, async () => { await cycle.run(tenant.id); });
      // A prime beyond them, so that steps of 11 visit each.
      if (run === 0) statements = primeFrom(sent);
      if (!done) crashes += 1;
      await checkWhole(tenant, made);
      await cycle.run(tenant.id);
      await checkSettled(tenant, [...made, fresh.body.id]);
      await tenant.request('DELETE', `/segments/${fresh.body.id}`);
    }
    process.stdout.write(`runs: ${crashes} cycles killed, each at another statement\n`);
    expect(crashes).toBeGreaterThan(0);
  }, 300_000);
});
