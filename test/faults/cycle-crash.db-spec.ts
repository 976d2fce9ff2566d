import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';

const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

interface Segment { id: string; rules: object; contactCount: number; freshness: string }

/** Milliseconds that the test may take; the long form sets more, and visits every statement. */
const budget = Number(process.env['FAULTS_MS'] ?? 25_000);

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
      made.push((await tenant.request<Segment>('POST', '/segments', { name: country, type: 'dynamic', rules: from(country) })).body.id);
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
      const fresh = await tenant.request<Segment>('POST', '/segments', { name: `fresh ${run}`, type: 'dynamic', rules: from('Chad') });
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

function primeFrom(least: number): number {
  const isPrime = (n: number): boolean => Array.from({ length: Math.floor(Math.sqrt(n)) - 1 }, (_, index) => index + 2).every((divisor) => n % divisor !== 0);
  let prime = Math.max(least, 13);
  while (!isPrime(prime)) prime += 1;
  return prime;
}

/** Whatever happened: the count is that of the list, and the history replayed gives the list. */
async function checkWhole(tenant: TestTenant, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { body: segment } = await tenant.request<Segment>('GET', `/segments/${id}`);
    const { body: members } = await tenant.request<{ items: { email: string }[] }>('GET', `/segments/${id}/contacts?limit=1000`);
    const { body: history } = await tenant.request<{ items: { email: string; change: string }[]; nextCursor: null }>('GET', `/segments/${id}/history?limit=1000`);
    const replayed = new Set<string>();
    for (const { email, change } of history.items.reverse()) {
      expect(replayed.has(email)).toBe(change === 'exited');
      if (change === 'entered') replayed.add(email);
      else replayed.delete(email);
    }
    expect([...replayed].sort()).toEqual(members.items.map(({ email }) => email).sort());
    expect(segment.contactCount).toBe(members.items.length);
  }
}

async function checkSettled(tenant: TestTenant, ids: readonly string[]): Promise<void> {
  await checkWhole(tenant, ids);
  for (const id of ids) {
    const { body: segment } = await tenant.request<Segment>('GET', `/segments/${id}`);
    const { body: preview } = await tenant.request<object>('POST', '/segments/preview', { rules: segment.rules, segmentId: id, sampleLimit: 0 });
    expect({ ...preview, freshness: segment.freshness }).toMatchObject({ wouldAdd: 0, wouldRemove: 0, freshness: 'fresh' });
    const { body: { items } } = await tenant.request<{ items: { status: string }[] }>('GET', `/segments/${id}/refreshes?limit=1000`);
    expect(items.filter(({ status }) => status === 'running' || status === 'queued')).toEqual([]);
  }
}
