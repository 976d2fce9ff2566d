import type pg from 'pg';
import { newId } from '#kernel';
import { AnalyticsScheduler } from '../../src/analytics/jobs/analytics.scheduler.js';
import { RollupSweep } from '../../src/analytics/jobs/rollup.sweep.js';
import { RollupService } from '../../src/analytics/rollup.service.js';
import { LaunchSweep } from '../../src/campaigns/jobs/launch.sweep.js';
import { ExportSweep } from '../../src/files/jobs/export.sweep.js';
import { ImportSweep } from '../../src/files/jobs/import.sweep.js';
import { RemovalSweep } from '../../src/operator/jobs/removal.sweep.js';
import { RefreshScheduler } from '../../src/segments/jobs/refresh.scheduler.js';
import { AbandonedSweep } from '../../src/segments/jobs/abandoned.sweep.js';
import { RefreshSweep } from '../../src/segments/jobs/refresh.sweep.js';
import { SentStatements } from '../support/sent-statements.js';
import { startTestService, type TestService } from '../support/service.js';
import { statementFaults } from '../support/statement-faults.js';
import { ownRequests } from '../support/foreign-probes.js';
import type { Operation } from '../support/openapi-walk.js';
import { makeWorld, publishedOperations, settled, tenantTables, type World } from '../support/tenant-world.js';

/** Objects are read before they are changed, and changed before they are gone. */
const order = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const from = '2026-02-20';
const to = '2026-03-31';

/** As Citus will have it: what names its tenant for each table goes to one worker, what does not asks all of them. */
describe('Every statement of a tenant', () => {
  let service: TestService;
  let sent: SentStatements;
  let owner: pg.Client;
  let world: World;
  let operations: Operation[];
  const refused: string[] = [];

  beforeAll(async () => {
    sent = SentStatements.watch();
    service = await startTestService({ REFRESH_CRON: '0 0 1 1 *', ANALYTICS_CRON: '0 0 1 1 *' });
    owner = await service.owner();
    await service.clock('2026-04-01T12:00:00Z');
    operations = await publishedOperations(service);
    world = await makeWorld(service, operations, 'A');
  });
  afterAll(async () => {
    sent.stop();
    await service.stop();
  });

  const ok = async <Body = { id: string }>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Body> => {
    const answer = await world.tenant.request<Body>(method, path, body, headers);
    if (answer.status >= 300) refused.push(`${method} ${path} answers ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const job = <T>(type: new (...parts: never[]) => T): T => service.service.app.get(type, { strict: false });

  /** What the examples of the document leave out: rules of every template, by incremental and by full refreshes, and every kind of question about them. */
  async function askOfRules(): Promise<void> {
    const { items } = await ok<{ items: { key: string }[] }>('GET', '/segment-templates');
    const ids: string[] = [];
    for (const { key } of items) ids.push((await ok('POST', `/segment-templates/${key}/instantiate`, { createMissing: true })).id);
    await settled(service);
    await ok('POST', '/contacts/batch', { contacts: world.spares.map((email) => ({ email, country: 'France', jobTitle: 'CEO', leadScore: 90 })) });
    await ok('POST', '/events/batch', { events: ['sent', 'delivered', 'opened', 'clicked', 'replied', 'converted', 'bounced', 'unsubscribed'].map((type, at) => ({
      id: newId(), type, email: world.spares[at], occurredAt: '2026-03-20T09:30:00Z', campaignId: world.mark, ...(type === 'converted' ? { revenue: 5 } : {}),
    })) });
    await settled(service);
    await service.clock('2026-04-03T12:00:00Z');
    for (const id of ids) {
      const { rules } = await ok<{ rules: object }>('GET', `/segments/${id}`);
      await ok('POST', `/segments/${id}/refresh`, { mode: 'full', waitSeconds: 30 });
      await ok('POST', '/segments/preview', { rules });
      await ok('POST', '/segments/preview', { rules, exact: true, segmentId: id });
      await ok('GET', `/segments/${id}/forecast?days=30`);
      await ok('GET', `/segments/${id}/explain?contactId=${world.ids.get('contacts')![0]}`);
      for (const report of ['analytics', 'funnel']) await ok('GET', `/segments/${id}/${report}?from=${from}&to=${to}`);
    }
    await ok('GET', `/segments/overlap?ids=${ids.slice(0, 3).join(',')}`);
    await ok('GET', `/segments/compare?from=${from}&to=${to}&ids=${ids.slice(0, 3).join(',')}`);
    await ok('GET', `/segments/${ids[0]}/cohorts?from=${from}&to=${to}&weeks=4`);
    for (const sort of ['name', '-name', 'createdAt', '-contactCount']) await world.tenant.request('GET', `/segments?search=a&sort=${sort}`);
  }

  /** Files in and out, taken back as well. */
  async function moveFiles(): Promise<void> {
    await ok('POST', '/segments', { name: 'made once', type: 'static', contactIds: [] }, { 'idempotency-key': 'made once' });
    const [segment] = world.ids.get('segments') ?? [];
    for (const format of ['csv', 'ndjson', 'xlsx']) {
      for (const path of [`/segments/${segment}/export`, '/contacts/export', '/events/export']) await ok('GET', `${path}?format=${format}`);
    }
    for (const what of ['members', 'events']) await ok('POST', '/exports', { what, ...(what === 'members' ? { segmentId: segment } : {}) });
    for (const [kind, file] of [
      ['contacts', `email,company\nnew.${world.mark}@example.com,Acme\n${world.email},Else\nnobody,x\n`], ['events', `type,email,occurredAt\nopened,${world.email},2026-03-05T10:00:00Z\n`],
    ]) {
      const { id } = await ok('POST', `/imports?kind=${kind}${kind === 'contacts' ? '&segmentName=contacts' : ''}`, file, { 'content-type': 'text/csv' });
      await settled(service);
      await ok('GET', `/imports/${id}/errors`);
      await ok('POST', `/imports/${id}/rollback`);
      await settled(service);
      await ok('GET', `/imports/${id}/kept`);
    }
    for (const { id } of (await ok<{ items: { id: string }[] }>('GET', '/exports')).items) await world.tenant.request('GET', `/exports/${id}/file`);
  }

  /** Launches with every step that an audience may have, at once and later, and what comes after them. */
  async function launch(): Promise<void> {
    const [segment, other] = world.ids.get('segments') ?? [];
    const everybody = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'is_set' }] }] };
    await ok('PUT', '/campaign-settings', { holdoutPercent: 5, suppressedSegmentIds: [other] });
    const audience = { include: [{ segmentId: segment }, { rules: everybody }], exclude: [{ segmentId: other }], frequencyCap: { campaigns: 3, days: 7 }, cap: { limit: 40, order: '-leadScore' }, holdoutPercent: 10 };
    for (const body of [{}, { at: '2026-04-04T09:00:00Z' }]) {
      const { id } = await ok('POST', '/campaigns', { name: newId() });
      await ok('PUT', `/campaigns/${id}/audience`, audience);
      await ok('POST', `/campaigns/${id}/audience/preview`, {});
      await ok('POST', `/campaigns/${id}/launch`, body);
      for (const query of ['', '?holdout=tenant', '?dueBy=2026-04-05T00:00:00Z']) await ok('GET', `/campaigns/${id}/recipients${query}`);
      await world.tenant.request('GET', `/campaigns/${id}/report`);
    }
    await service.clock('2026-04-05T12:00:00Z');
    await job(LaunchSweep).sweep();
    await settled(service);
  }

  /** What only a schedule asks for. */
  async function runJobs(): Promise<void> {
    await job(RefreshScheduler).everyTenant();
    await job(AnalyticsScheduler).followZones();
    for (const sweep of [AbandonedSweep, RefreshSweep, RollupSweep, ExportSweep, ImportSweep, LaunchSweep]) await job<{ sweep(): Promise<void> }>(sweep).sweep();
    await job(RollupService).run(world.tenant.id, new Date('2026-04-05T12:00:00Z'));
    await job(RollupService).runToday(world.tenant.id, new Date('2026-04-05T12:00:00Z'));
    await service.clock('2026-04-20T12:00:00Z');
    await job(ExportSweep).sweep();
    await settled(service);
  }

  /** Every route, with what the tenant has; whatever it answers. */
  async function askEverything(): Promise<string[]> {
    const done: string[] = [];
    for (const operation of operations.filter(({ path }) => !path.startsWith('/api/v1/admin/')).sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method))) {
      for (const { path, body } of ownRequests(operation, world)) {
        const answer = path.startsWith('/api/v1') ? await world.tenant.request(operation.method, path.replace('/api/v1', ''), body) : await fetch(service.url + path);
        if (answer.status < 400) done.push(operation.id);
      }
    }
    await settled(service);
    return done;
  }

  /** The last that is said of a tenant, and what its removal leaves to a sweep. */
  async function remove(): Promise<void> {
    expect((await service.admin('DELETE', `/admin/tenants/${world.tenant.id}`)).status).toBe(204);
    await job(RemovalSweep).sweep();
  }

  it('names it for each table that it reads or writes', async () => {
    await askOfRules();
    await moveFiles();
    await launch();
    await runJobs();
    const done = new Set(await askEverything());
    await remove();
    const { faults, tables, checked } = await statementFaults(owner, sent.ofTenants);
    expect(faults).toEqual([]);
    // What nobody has sent shows nothing.
    expect(refused).toEqual([]);
    expect(done.size).toBeGreaterThan(70);
    expect((await tenantTables(owner)).filter((table) => !tables.has(table))).toEqual([]);
    process.stdout.write(`runs: ${checked} statements of tenants, ${sent.ofSweeps.size} over all of them\n`);
  }, 240_000);

  it('over all tenants there are few, which only read and say nothing of persons', async () => {
    const sweeps = [...sent.ofSweeps].filter((text) => /\b(select|insert|update|delete)\b/i.test(text));
    expect(sweeps.filter((text) => !/^\s*(with recursive|select)\b/i.test(text))).toEqual([]);
    expect(sweeps.length).toBeGreaterThan(4);
    expect(sweeps.filter((text) => /\bcontact(_event|_engagement|_date)?\b(?!_)/.test(text))).toEqual([]);
  });

  it.each([
    ['select from contact where id = $1', ['contact (']],
    ['select from contact where tenant_id = $1 and id = $2', []],
    ['select from contact where tenant_id = $1 or id = $2', ['contact (Seq Scan)']],
    ['select from contact c join contact_event e on e.tenant_id = c.tenant_id and e.contact_id = c.id where c.tenant_id = $1', []],
    ['select from contact c left join contact_event e on e.contact_id = c.id where c.tenant_id = $1', ['contact_event (']],
    ['select from contact c where c.tenant_id = $1 and exists (select from contact_event e where e.contact_id = c.id)', ['contact_event (']],
    ['select (select count(*) from segment s where s.tenant_id = $1) from contact', ['contact (']],
    ['with gone as (delete from contact_change returning tenant_id) select from gone', ['contact_change (']],
    ['update segment_state set contact_count = 0 from segment s where s.tenant_id = $1 and s.id = segment_id', ['segment_state (']],
    ['insert into segment_use (tenant_id, segment_id, used_at) select $1, id, $2 from segment where tenant_id = $1', []],
    ['insert into segment_use (tenant_id, segment_id, used_at) select tenant_id, id, $1 from segment', ['segment (']],
    ['insert into segment_use (tenant_id, segment_id, used_at) select id, id, created_at from segment where tenant_id = $1', ['segment_use (ModifyTable)']],
  ])('would be found: %s', async (text, faulty) => {
    const { faults } = await statementFaults(owner, [text]);
    expect(faults).toEqual(faulty.map((beginning) => expect.stringContaining(beginning)));
  });
});
