import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { asOwner } from '../support/tenant-world.js';

interface Refresh { mode: string; status: string; asOf: string }

/** The system's clock, and what a worker whose clock is ahead has left. */
describe('Workers whose clocks differ', () => {
  let service: TestService;
  let tenant: TestTenant;
  let id: string;

  beforeAll(async () => { service = await startTestService({ ROLE: 'api', CLOCK: 'system' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    tenant = await service.tenant();
    id = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'all', type: 'dynamic', rules: { match: 'all', groups: [] } })).body.id;
    await cycle();
  });

  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  /** Where the segment stands, as the other worker has left it. */
  const leftAhead = async (seconds: number): Promise<Date> => await asOwner(service.databaseUrl, async (owner) => {
    const { rows } = await owner.query<{ as_of: Date }>(
      `update segment_state set as_of = date_trunc('milliseconds', now()) + make_interval(secs => $2) where segment_id = $1 returning as_of`, [id, seconds]);
    return rows[0]!.as_of;
  });
  const refreshed = async (mode: string): Promise<Date> => {
    await tenant.request('POST', `/segments/${id}/refresh`, { mode });
    await cycle();
    const [latest] = (await tenant.request<{ items: Refresh[] }>('GET', `/segments/${id}/refreshes`)).body.items;
    expect(latest).toMatchObject({ mode, status: 'succeeded' });
    return new Date(latest!.asOf);
  };

  it.each(['incremental', 'full'])('do not take members back by less than a minute: %s', async (mode) => {
    const ahead = await leftAhead(30);
    expect(await refreshed(mode)).toEqual(ahead);
  });

  it.each(['incremental', 'full'])('follow a clock that was set back by more: %s', async (mode) => {
    const ahead = await leftAhead(300);
    expect((await refreshed(mode)).getTime()).toBeLessThan(ahead.getTime() - 200_000);
  });

  it.each(['incremental', 'full'])('go on with the clock where it is ahead: %s', async (mode) => {
    const behind = await leftAhead(-30);
    expect((await refreshed(mode)).getTime()).toBeGreaterThan(behind.getTime() + 20_000);
  });
});
