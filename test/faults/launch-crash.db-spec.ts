import { LaunchService } from '../../src/campaigns/index.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';

const now = '2026-05-01T12:00:00.000Z';
const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

interface Campaign { id: string; status: string; waterfall: { final: number } | null }
interface Recipient { email: string; holdout: string | null; sendAt: string }

/**
 * Fails at the first statement of a launch, at the second, … until a launch meets no fault. Only statements of the launch
 * itself count: the worker that refreshes its segments goes on.
 */
describe('A launch that is killed at any statement', () => {
  let service: TestService;
  let tenant: TestTenant;
  let killer: StatementKiller;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock(now);
    killer = await StatementKiller.open(service.databaseUrl);
  });

  afterAll(async () => {
    await killer.close();
    await service.stop();
  });

  const recipients = async (id: string): Promise<Recipient[]> =>
    (await tenant.request<{ items: Recipient[] }>('GET', `/campaigns/${id}/recipients?limit=1000`)).body.items;

  it('is not launched, or wholly; launched again it has the same recipients, once', async () => {
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', {
      contacts: Array.from({ length: 40 }, (_, n) => ({ email: `p${n}@example.com`, country: n % 2 === 0 ? 'France' : 'Canada' })),
    });
    const { body: { id: france } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules: from('France') });
    const launches = service.service.app.get(LaunchService, { strict: false });
    const begun = performance.now();
    let crashes = 0;
    for (let nth = 1, crashed = true; crashed && (nth === 1 || performance.now() - begun < budget); nth += 1) {
      const { body: { id } } = await tenant.request<Campaign>('POST', '/campaigns', { name: `at statement ${nth}` });
      await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ segmentId: france }, { rules: from('Canada') }], holdoutPercent: 30, cap: { limit: 30, order: 'random' } });
      const attempt = async (nth: number): Promise<boolean> =>
        (await killer.at(nth, async () => await launches.launch(tenant.id, id, {}, new Date(now)))).done;
      crashed = !await attempt(nth);
      const { body: campaign } = await tenant.request<Campaign>('GET', `/campaigns/${id}`);
      const frozen = await recipients(id);
      expect({ nth, status: campaign.status, frozen: frozen.length }).toEqual(
        campaign.status === 'launched' ? { nth, status: 'launched', frozen: 30 } : { nth, status: 'draft', frozen: 0 });
      if (crashed) crashes += 1;
      // The retries race each other.
      expect(await Promise.all([attempt(Infinity), attempt(Infinity), attempt(Infinity)])).toEqual([true, true, true]);
      const final = await recipients(id);
      expect(final).toHaveLength(30);
      expect(new Set(final.map(({ email }) => email)).size).toBe(30);
      if (frozen.length > 0) expect(final).toEqual(frozen);
      const { body: launched } = await tenant.request<Campaign>('GET', `/campaigns/${id}`);
      expect(launched).toMatchObject({ status: 'launched', waterfall: { final: final.filter(({ holdout }) => holdout === null).length } });
    }
    process.stdout.write(`runs: ${crashes} launches killed, each at another statement\n`);
    expect(crashes).toBeGreaterThan(0);
  }, 300_000);

  it('is known by its answer even where that was lost: the same key again answers the same launch', async () => {
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'a@example.com', country: 'France' }, { email: 'b@example.com', country: 'France' }] });
    const { body: { id } } = await tenant.request<Campaign>('POST', '/campaigns', { name: 'lost' });
    await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ rules: from('France') }] });
    const giveUp = new AbortController();
    const lost = fetch(`${service.url}/api/v1/campaigns/${id}/launch`, {
      method: 'POST', body: '{}', signal: giveUp.signal,
      headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json', 'idempotency-key': 'lost' },
    }).then(() => 'heard', () => 'lost');
    setTimeout(() => { giveUp.abort(); }, 5);
    await lost;
    const again = async (): Promise<number> => (await tenant.request('POST', `/campaigns/${id}/launch`, {}, { 'idempotency-key': 'lost' })).status;
    let status = await again();
    // The first may be under way still.
    for (let tries = 0; status === 409 && tries < 100; tries += 1) status = await again();
    expect(status).toBe(200);
    expect((await recipients(id)).map(({ email }) => email).sort()).toEqual(['a@example.com', 'b@example.com']);
  });
});
