import pg from 'pg';
import { ApplyService } from '../../src/files/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { Queue } from '../../src/queues/index.js';
import { startTestService, type TestService } from '../support/service.js';

describe('Metrics and readiness', () => {
  let service: TestService;
  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });

  const page = async (): Promise<string> => await (await fetch(`${service.url}/metrics`)).text();
  /** The figures of one name, by their labels. */
  const read = async (name: string): Promise<Record<string, number>> => Object.fromEntries([...(await page())
    .matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))].map(([, labels = '', value]) => [labels, Number(value)]));

  it('tell how old the oldest change is and what is due over all tenants, and nothing once a cycle has run', async () => {
    await service.clock('2026-11-20T09:30:00Z');
    const tenant = await service.tenant('A tenant with a telling name');
    await tenant.request('POST', '/segments', { name: 'All', type: 'dynamic', rules: { match: 'all', groups: [] } });
    await tenant.request('POST', '/contacts', { email: 'ada@example.com' });
    await service.clock('2026-11-20T09:31:30Z');
    expect(await read('segments_change_lag_seconds')).toEqual({ '': 90 });
    expect(await read('segments_refreshes_queued')).toEqual({ '': 1 });
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    expect(await read('segments_change_lag_seconds')).toEqual({ '': 0 });
    expect(await read('segments_refreshes_queued')).toEqual({ '': 0 });
    expect((await read('segments_due'))['']).toBe(0);
    expect(await read('segments_cycle_seconds_count')).toEqual({ '': expect.any(Number) as number });
    expect((await read('segments_refreshes_total'))['mode="full",outcome="succeeded"']).toBeGreaterThan(0);
    const owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
    await owner.query(`select set_config('app.tenant_id', $1, false)`, [tenant.id]);
    await owner.query(`update segment_state set at = now() - interval '2 minutes'`);
    await owner.end();
    expect(await read('segments_due')).toEqual({ '': 1 });
    expect((await read('segments_due_lag_seconds'))['']).toBeGreaterThanOrEqual(120);
    for (const told of [tenant.id, 'telling', 'ada@']) expect(await page()).not.toContain(told);
  });

  it('count accepted events once each, and answers by class of status', async () => {
    const tenant = await service.tenant();
    await tenant.request('POST', '/contacts', { email: 'ada@example.com' });
    const [events, answers] = [await read('segments_events_accepted_total'), await read('segments_http_answers_total')];
    const event = { id: 'e1', type: 'opened', email: 'ada@example.com', occurredAt: '2026-11-20T09:00:00Z' };
    await tenant.request('POST', '/events/batch', { events: [event, event, { ...event, id: 'e2' }, { ...event, id: 'e3', type: 'unheard' }] });
    const file = 'id,type,email,occurredAt\ne3,opened,ada@example.com,2026-11-20T09:00:00Z\ne1,opened,ada@example.com,2026-11-20T09:00:00Z\n';
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/imports?kind=events', file, { 'content-type': 'text/csv' });
    await service.service.app.get(ApplyService, { strict: false }).run(tenant.id, id, () => new Date('2026-11-20T09:31:30Z'));
    await tenant.request('GET', '/nowhere');
    expect((await read('segments_events_accepted_total'))['']! - events['']!).toBe(3);
    expect((await read('segments_http_answers_total'))['status="4xx"']! - (answers['status="4xx"'] ?? 0)).toBe(1);
    expect(await page()).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('say not ready once the queue has stopped, while the process still lives', async () => {
    const status = async (path: string): Promise<number> => (await fetch(`${service.url}${path}`)).status;
    expect(await status('/health/ready')).toBe(200);
    await service.service.app.get(Queue, { strict: false }).stop();
    expect(await status('/health/ready')).toBe(503);
    expect(await status('/health/live')).toBe(200);
  });
});
