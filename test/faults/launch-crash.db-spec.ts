import { LaunchService } from '../../src/campaigns/index.js';
import { type LaunchPayload, LaunchProcessor } from '../../src/campaigns/jobs/launch.processor.js';
import { CLOCK } from '../../src/http/index.js';
import type { JobHandler, Queue } from '../../src/queues/index.js';
import { startAnswerCuttingProxy } from '../support/answer-cutting-proxy.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';

const now = '2026-05-01T12:00:00.000Z';
const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

interface Campaign { id: string; status: string; launchedAt: string | null; waterfall: { final: number } | null }
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

  const audience = async (name: string, include: object[]): Promise<string> => {
    const { body: { id } } = await tenant.request<Campaign>('POST', '/campaigns', { name });
    expect((await tenant.request('PUT', `/campaigns/${id}/audience`, { include, holdoutPercent: 30 })).status).toBe(200);
    return id;
  };

  it('is known by its answer even where that was lost: the same key again answers the same bytes, of one launch', async () => {
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 10 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })) });
    const id = await audience('lost', [{ rules: from('France') }]);
    const proxy = await startAnswerCuttingProxy(service.url);
    const launch = async (url: string, key: Record<string, string>): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`${url}/api/v1/campaigns/${id}/launch`, {
        method: 'POST', body: '{}', headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json', ...key },
      });
      return { status: answer.status, text: await answer.text() };
    };
    try {
      const lost = proxy.loseNext();
      await expect(launch(proxy.url, { 'idempotency-key': 'lost' })).rejects.toThrow();
      const text = await lost;
      expect(JSON.parse(text)).toMatchObject({ id, status: 'launched', launchedAt: now });
      const frozen = await recipients(id);
      expect(frozen).toHaveLength(10);
      // An hour later there is one more, who would be in a second launch.
      await service.clock('2026-05-01T13:00:00.000Z');
      await tenant.request('POST', '/contacts', { email: 'late@example.com', country: 'France' });
      for (const [url, key] of [[proxy.url, { 'idempotency-key': 'lost' }], [service.url, { 'idempotency-key': 'lost' }], [service.url, {}]] as const) {
        expect(await launch(url, key)).toEqual({ status: 200, text });
      }
      expect(await recipients(id)).toEqual(frozen);
    } finally {
      await proxy.close();
      await service.clock(now);
    }
  });

  it('has its recipients once though its job is delivered again, at once and when it is done', async () => {
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 40 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })) });
    const { body: { id: segmentId } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules: from('France') });
    const id = await audience('scheduled', [{ segmentId }]);
    const due = '2026-05-01T14:00:00.000Z';
    expect((await tenant.request<Campaign>('POST', `/campaigns/${id}/launch`, { at: due })).body.status).toBe('scheduled');
    const handlers: JobHandler<LaunchPayload>[] = [];
    const bell = { define: (_: string, handler: JobHandler<LaunchPayload>) => handlers.push(handler) } as unknown as Queue;
    new LaunchProcessor(bell, service.service.app.get(LaunchService, { strict: false }), service.service.app.get(CLOCK, { strict: false })).onModuleInit();
    const deliver = async (): Promise<void> => { await handlers[0]!({ tenantId: tenant.id, campaignId: id }, { id: 'job', signal: new AbortController().signal }); };
    try {
      await deliver();
      expect([(await tenant.request<Campaign>('GET', `/campaigns/${id}`)).body.status, await recipients(id)]).toEqual(['scheduled', []]);
      await service.clock(due);
      await Promise.all([deliver(), deliver(), deliver()]);
      const [{ body: launched }, frozen] = [await tenant.request<Campaign>('GET', `/campaigns/${id}`), await recipients(id)];
      expect(launched).toMatchObject({ status: 'launched', launchedAt: due, waterfall: { included: 40, final: frozen.filter(({ holdout }) => holdout === null).length } });
      expect(new Set(frozen.map(({ email }) => email)).size).toBe(40);
      await service.clock('2026-05-01T15:00:00.000Z');
      await tenant.request('POST', '/contacts', { email: 'late@example.com', country: 'France' });
      await Promise.all([deliver(), deliver()]);
      await deliver();
      expect((await tenant.request<Campaign>('GET', `/campaigns/${id}`)).body).toEqual(launched);
      expect(await recipients(id)).toEqual(frozen);
    } finally {
      await service.clock(now);
    }
  });
});
