import pg from 'pg';
import { readConfig } from '../../src/config.js';
import { startService } from '../../src/service.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Job { id: string; kind: string; status: string; progress: number; segmentId: string | null; createdAt: string; finishedAt: string | null }
interface Jobs { items: Job[]; nextCursor: string | null }

const rules = {
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }],
};

async function segmentOf(tenant: TestTenant, name: string): Promise<string> {
  const { status, body } = await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', status: 'active', rules });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body.id;
}

async function jobsOf(tenant: TestTenant, query = ''): Promise<Jobs> {
  const { status, body } = await tenant.request<Jobs>('GET', `/jobs${query}`);
  expect(status).toBe(200);
  return body;
}

describe('jobs', () => {
  let service: TestService;
  let tenant: TestTenant;
  beforeAll(async () => {
    service = await startTestService();
    tenant = await service.tenant();
  });
  afterAll(async () => { await service.stop(); });

  it('are listed by id with their progress, and read one by one by their own tenant only', async () => {
    const segmentId = await segmentOf(tenant, 'France');
    await segmentOf(tenant, 'France again');
    const { items } = await until(() => jobsOf(tenant), (page) => page.items.length >= 2 && page.items.every(({ status }) => status === 'succeeded'));
    expect(items.map(({ id }) => id)).toEqual(items.map(({ id }) => id).sort());
    const [job] = items;
    expect(job).toMatchObject({ kind: 'refresh', status: 'succeeded', progress: 100, segmentId, error: null });
    expect((await tenant.request('GET', `/jobs/${job?.id}`)).body).toEqual(job);
    const stranger = await service.tenant('Other');
    expect((await stranger.request('GET', `/jobs/${job?.id}`)).status).toBe(404);
    expect((await jobsOf(stranger)).items).toEqual([]);
  });

  it('are filtered by status and walked page by page', async () => {
    expect((await jobsOf(tenant, '?status=running')).items).toEqual([]);
    const first = await jobsOf(tenant, '?status=succeeded&limit=1');
    const second = await jobsOf(tenant, `?status=succeeded&limit=1&cursor=${first.nextCursor}`);
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id);
    expect((await tenant.request('GET', `/jobs?limit=1&cursor=${first.nextCursor}`)).status).toBe(400);
    expect((await tenant.request('GET', '/jobs?status=lost')).status).toBe(422);
  });

  it('are imports as well, in one order with the refreshes', async () => {
    const other = await service.tenant();
    await segmentOf(other, 'before');
    const sent = await other.request<{ id: string }>('POST', '/imports', 'email\nada@example.com\nnobody\n', { 'content-type': 'text/csv' });
    expect(sent.status).toBe(202);
    await segmentOf(other, 'after');
    const done = await until(() => jobsOf(other), ({ items }) => items.length >= 3 && items.every(({ status }) => status === 'succeeded'));
    expect(done.items.map(({ id }) => id)).toEqual(done.items.map(({ id }) => id).sort());
    const job = done.items.find(({ kind }) => kind === 'import');
    expect(job).toMatchObject({ id: sent.body.id, status: 'succeeded', progress: 100, segmentId: null });
    expect((await other.request('GET', `/jobs/${sent.body.id}`)).body).toEqual(job);
    const walked: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Jobs = await jobsOf(other, `?limit=1&status=succeeded${cursor === '' ? '' : `&cursor=${cursor}`}`);
      walked.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(walked.slice(0, done.items.length)).toEqual(done.items.map(({ id }) => id));
  });

  it('tell of an import what it is at, in the words of a job', async () => {
    const api = await startTestService({ ROLE: 'api' });
    try {
      const other = await api.tenant();
      const { body: { id } } = await other.request<{ id: string }>('POST', '/imports', 'email\nada@example.com\nnobody\n', { 'content-type': 'text/csv' });
      for (const [status, total, shown] of [
        ['receiving', 0, ['queued', 0]], ['queued', 8, ['queued', 25]], ['running', 8, ['running', 25]], ['cancelled', 3, ['cancelled', 66]], ['failed', 2, ['failed', 100]],
        ['rolling_back', 2, ['running', 0]], ['rolled_back', 2, ['succeeded', 100]],
      ] as const) {
        await rowsOf(api.databaseUrl, `update import set status = '${status}', total = ${total}, created = 1, failed = 1 where id = '${id}'`);
        expect((await jobsOf(other, `?status=${shown[0]}`)).items.map((job) => [job.id, job.kind, job.status, job.progress])).toEqual([[id, 'import', ...shown]]);
      }
    } finally {
      await api.stop();
    }
  });

  it('are begun by the sweep where nobody rang', async () => {
    const left = async (): Promise<number> => (await rowsOf(service.databaseUrl, 'select 1 from contact_change')).length;
    await until(left, (count) => count === 0);
    await rowsOf(service.databaseUrl, `insert into contact_change (tenant_id, contact_id, at) values ('${tenant.id}', gen_random_uuid(), now())`);
    await until(left, (count) => count === 0);
  });

  it('are asked for by a process that serves HTTP, and run by one that works', async () => {
    const api = await startTestService({ ROLE: 'api' });
    const worker = await startService(readConfig({
      DATABASE_URL: api.databaseUrl, CLOCK: 'manual', LOG_LEVEL: 'silent', ROLE: 'worker',
    }), () => undefined);
    try {
      expect(worker.url).toBeNull();
      const other = await api.tenant();
      await segmentOf(other, 'France');
      await until(() => jobsOf(other), ({ items: [job] }) => job?.status === 'succeeded');
    } finally {
      await worker.stop();
      await api.stop();
    }
  });
});

async function rowsOf(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
