import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Database } from '#database';
import { ApplyService } from '../../src/files/index.js';
import { RefreshSweep } from '../../src/segments/jobs/refresh.sweep.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { failedRuns, Queue } from '../../src/queues/index.js';
import { createTestDatabase } from '../support/database.js';
import { startHalfOpenProxy } from '../support/half-open-proxy.js';
import { until } from '../support/queue-contract.js';
import { hasRedis, startRedis } from '../support/redis.js';
import { startTestService, type TestService } from '../support/service.js';

describe('Metrics and readiness', () => {
  let service: TestService;
  beforeAll(async () => { service = await startTestService({ ROLE: 'api', SLOW_REFRESH_SECONDS: '1', SLOW_ANSWER_SECONDS: '1' }); });
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
    // Asked otherwise where the tables lie on several servers.
    const database = service.service.app.get(Database, { strict: false });
    database.isDistributed = true;
    expect(await read('segments_change_lag_seconds')).toEqual({ '': 90 });
    database.isDistributed = false;
    expect(await read('segments_refreshes_queued')).toEqual({ '': 1 });
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    expect(await read('segments_change_lag_seconds')).toEqual({ '': 0 });
    expect(await read('segments_refreshes_queued')).toEqual({ '': 0 });
    expect((await read('segments_due'))['']).toBe(0);
    expect(await read('segments_cycle_seconds_count')).toEqual({ '': expect.any(Number) as number });
    expect((await read('segments_refreshes_total'))['mode="full",outcome="succeeded"']).toBeGreaterThan(0);
    const owner = await service.owner();
    await owner.query(`select set_config('app.tenant_id', $1, false)`, [tenant.id]);
    await owner.query(`update segment_state set at = now() - interval '2 minutes'`);
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

  it('tell how long the oldest of each kind of work has been waiting, over all tenants', async () => {
    await service.clock('2026-11-21T09:00:00Z');
    const [one, other] = [await service.tenant(), await service.tenant()];
    const ages = async (): Promise<Record<string, number>> => await read('segments_waiting_age_seconds');
    const of = (kind: string): string => `kind="${kind}"`;
    const begun = await ages();
    expect(Object.keys(begun).sort()).toEqual(['export', 'import', 'launch', 'refresh', 'rollup'].map(of));
    expect(begun[of('import')]).toBe(0);
    const { body: list } = await one.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static' });
    const { body: campaign } = await one.request<{ id: string }>('POST', '/campaigns', { name: 'Later' });
    await one.request('PUT', `/campaigns/${campaign.id}/audience`, { include: [{ segmentId: list.id }] });
    expect((await one.request('POST', `/campaigns/${campaign.id}/launch`, { at: '2026-11-21T09:01:00Z' })).status).toBe(200);
    expect((await one.request('POST', '/exports', { what: 'contacts' })).status).toBe(202);
    await service.clock('2026-11-21T09:00:30Z');
    expect((await other.request('POST', '/segments', { name: 'All', type: 'dynamic', rules: { match: 'all', groups: [] } })).status).toBe(201);
    expect((await other.request('POST', '/rollups', { from: '2026-11-01', to: '2026-11-02' })).status).toBe(201);
    expect((await other.request('POST', '/imports', 'email\nada@example.com\n', { 'content-type': 'text/csv' })).status).toBe(202);
    expect((await ages())[of('launch')]).toBe(0);
    await service.clock('2026-11-21T09:02:00Z');
    expect(await ages()).toEqual({ [of('export')]: 120, [of('launch')]: 60, [of('refresh')]: 90, [of('rollup')]: 90, [of('import')]: 90 });
  });

  it('count the runs of jobs that failed, by kind', async () => {
    for (const count of [2, 3]) {
      failedRuns.set('poison', count);
      expect(await read('segments_jobs_failed_total')).toMatchObject({ 'kind="poison"': count });
    }
  });

  it('count a cycle that fails as well', async () => {
    const tenant = await service.tenant();
    const cycles = async (): Promise<number> => (await read('segments_cycle_seconds_count'))['']!;
    const before = await cycles();
    await asOwner('alter table segment_refresh rename to moved_away');
    await expect(service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id)).rejects.toThrow();
    await asOwner('alter table moved_away rename to segment_refresh');
    expect(await cycles()).toBe(before + 1);
  });

  it('count refreshes that are slow, whose segments the log names', async () => {
    const tenant = await service.tenant();
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', {
      name: 'French', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] },
    });
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const slow = async (): Promise<Record<string, number>> => await read('segments_slow_refreshes_total');
    const before = await slow();
    await asOwner(`create function take_long() returns trigger language plpgsql as $$ begin perform pg_sleep(1.2); return null; end $$;
      create trigger take_long before insert on segment_member for each statement execute function take_long()`);
    for (const [at, mode] of ['full', 'incremental'].entries()) {
      await tenant.request('POST', '/contacts', { email: `c${at}@example.com`, country: 'France' });
      await cycle.run(tenant.id);
      expect((await slow())[`mode="${mode}"`]! - (before[`mode="${mode}"`] ?? 0)).toBe(1);
      expect(warned.mock.calls.map(([line]) => line as unknown)).toContainEqual(expect.objectContaining({ msg: 'a refresh was slow', mode, tenant: tenant.id, segments: [id], count: 1 }));
    }
    await asOwner('drop trigger take_long on segment_member');
    const told = warned.mock.calls.length;
    await tenant.request('POST', '/contacts', { email: 'quick@example.com', country: 'France' });
    await cycle.run(tenant.id);
    expect(warned.mock.calls).toHaveLength(told);
    warned.mockRestore();
    expect((await read('segments_refresh_seconds_count'))['mode="incremental"']).toBeGreaterThanOrEqual(2);
    expect(await page()).not.toContain(id);
  });

  const asOwner = async (statement: string): Promise<void> => {
    const owner = await service.owner();
    await owner.query(statement);
  };

  it('count refreshes whose worker was gone', async () => {
    const tenant = await service.tenant();
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'All', type: 'dynamic', rules: { match: 'all', groups: [] } });
    await asOwner(`update segment_refresh set status = 'running', started_at = now() where segment_id = '${id}'`);
    const lost = async (): Promise<number> => (await read('segments_refreshes_lost_total'))['']!;
    const before = await lost();
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    expect(await lost()).toBe(before + 1);
  });

  it('count sweeps that fail', async () => {
    const sweep = service.service.app.get(RefreshSweep, { strict: false });
    const failing = jest.spyOn(sweep, 'sweep').mockRejectedValue(new Error('away'));
    sweep['begin']();
    await until(async () => (await read('segments_sweeps_failed_total'))['sweep="RefreshSweep"'], (count) => count === 1);
    failing.mockRestore();
  });

  it('count answers that are slow, whose tenant and ids the log names', async () => {
    const tenant = await service.tenant();
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static' });
    await tenant.request('POST', '/contacts', { email: 'ada@example.com' });
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await asOwner(`create policy slow on segment as restrictive using (id <> '${id}' or pg_sleep(1.2)::text = '')`);
    try {
      expect((await tenant.request('GET', `/segments/${id}`)).status).toBe(200);
      expect(await read('segments_slow_answers_total')).toEqual({ 'route="GET /api/v1/segments/:id"': 1 });
      expect(warned.mock.calls.map(([line]) => line as unknown)).toContainEqual(expect.objectContaining({ msg: 'an answer was slow', tenant: tenant.id, ids: { id }, status: 200 }));
    } finally {
      await asOwner('drop policy slow on segment');
      warned.mockRestore();
    }
    expect(await page()).not.toContain(id);
  });

  it('say not ready while the database takes no writes, and ready again once it does', async () => {
    const own = await startTestService({ ROLE: 'api' });
    const owner = await own.owner();
    const { rows: [{ name } = { name: '' }] } = await owner.query<{ name: string }>('select current_database() as name');
    const ready = async (): Promise<number> => (await fetch(`${own.url}/health/ready`)).status;
    const readOnly = async (value: string): Promise<void> => {
      await owner.query(`alter database ${name} set default_transaction_read_only = ${value}`);
      // Sessions have what was set when they began.
      await owner.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()', [name]);
    };
    await readOnly('on');
    await until(ready, (status) => status === 503);
    await readOnly('off');
    await until(ready, (status) => status === 200);
    await own.stop();
  });

  it('say not ready once the queue has stopped, while the process still lives', async () => {
    const status = async (path: string): Promise<number> => (await fetch(`${service.url}${path}`)).status;
    expect(await (await fetch(`${service.url}/health/ready`)).json()).toEqual({ status: 'ok', queue: 'up' });
    expect(await read('segments_queue_up')).toEqual({ '': 1 });
    await service.service.app.get(Queue, { strict: false }).stop();
    expect(await status('/health/ready')).toBe(503);
    expect(await status('/health/live')).toBe(200);
    expect(await read('segments_queue_up')).toEqual({ '': 0 });
  });

  it('come in time where the database is silent, with what the process knows by itself', async () => {
    const database = await createTestDatabase();
    const proxy = await startHalfOpenProxy(database.url);
    const silent = await startTestService({ ROLE: 'api', DATABASE_STATEMENT_SECONDS: '1', DATABASE_CONNECT_SECONDS: '2' }, { ...database, url: proxy.url });
    try {
      const ask = async (path: string): Promise<{ status: number; text: string; ms: number }> => {
        const began = performance.now();
        const answer = await fetch(`${silent.url}${path}`);
        return { status: answer.status, text: await answer.text(), ms: performance.now() - began };
      };
      expect((await ask('/metrics')).text).toContain('segments_due 0');
      proxy.blackHole();
      const answers = await Promise.all([ask('/metrics'), ask('/metrics'), ask('/metrics')]);
      for (const { status, text, ms } of answers) {
        expect({ status, inTime: ms < 3000, own: text.includes('segments_http_answers_total'), backlog: text.includes('segments_due ') }).toEqual({ status: 200, inTime: true, own: true, backlog: false });
        expect(text).toMatch(/^segments_queue_up 0$/m);
      }
      expect((await ask('/health/ready')).status).toBe(503);
      proxy.heal();
      await until(async () => (await ask('/metrics')).text.includes('segments_due 0'), (there) => there, 30_000);
    } finally {
      proxy.heal();
      await silent.stop();
      await proxy.close();
    }
  }, 90_000);
});

(hasRedis() ? describe : describe.skip)('Readiness with the queue on Redis', () => {
  it('stays while Redis is away, since requests are answered as ever, and says that the queue is down', async () => {
    const redis = await startRedis();
    const service = await startTestService({ ROLE: 'api', REDIS_URL: redis.url });
    try {
      const ready = async (): Promise<unknown> => {
        const answer = await fetch(`${service.url}/health/ready`);
        return { status: answer.status, body: await answer.json() };
      };
      const gauge = async (): Promise<string | undefined> => /^segments_queue_up (\d)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];
      const tenant = await service.tenant();
      expect([await ready(), await gauge()]).toEqual([{ status: 200, body: { status: 'ok', queue: 'up' } }, '1']);
      await redis.kill();
      await until(gauge, (up) => up === '0');
      expect(await ready()).toEqual({ status: 200, body: { status: 'ok', queue: 'down' } });
      expect((await tenant.request('POST', '/contacts', { email: 'ada@example.com' })).status).toBe(201);
      await redis.start();
      await until(gauge, (up) => up === '1');
      expect(await ready()).toEqual({ status: 200, body: { status: 'ok', queue: 'up' } });
    } finally {
      await service.stop();
      await redis.stop();
    }
  }, 60_000);
});
