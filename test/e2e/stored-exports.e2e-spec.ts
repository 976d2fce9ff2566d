import { jest } from '@jest/globals';
import type pg from 'pg';
import { mostAttempts } from '../../src/files/attempts.js';
import { unavailable } from '#kernel';
import { ExportService } from '../../src/files/export.service.js';
import { ExportSweep } from '../../src/files/jobs/export.sweep.js';
import { StoredExportsService } from '../../src/files/stored-exports.service.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Export { id: string; status: string; bytes: number; error: string | null; expiresAt: string | null; format: string }
interface Fault { path: string; code: string }

const now = '2026-11-20T09:30:00Z';

describe('An export in the background', () => {
  let service: TestService;
  let owner: pg.Client;
  let tenant: TestTenant;
  let exports: StoredExportsService;

  beforeAll(async () => {
    // Nobody works but the test: each step is looked at.
    service = await startTestService({ ROLE: 'api' });
    exports = service.service.app.get(StoredExportsService, { strict: false });
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });
  beforeEach(async () => {
    await service.clock(now);
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 40 }, (_, n) => ({ email: `p${n}@example.com`, firstName: '=1', company: 'x'.repeat(900) })) });
  });

  const create = async (body: object = { what: 'contacts' }): Promise<Export> => {
    const answer = await tenant.request<Export>('POST', '/exports', body);
    expect(answer).toMatchObject({ status: 202, body: { status: 'queued', bytes: 0, expiresAt: null } });
    return answer.body;
  };
  const run = async (id: string): Promise<void> => { await exports.run(tenant.id, id, () => new Date(now)); };
  const shown = async (id: string): Promise<Export> => (await tenant.request<Export>('GET', `/exports/${id}`)).body;
  const fetched = async (path: string): Promise<Response> => await fetch(`${service.url}/api/v1${path}`, { headers: { authorization: `Bearer ${tenant.apiKey}` } });

  it.each(['csv', 'ndjson'])('is the very file that the stream is: %s', async (format) => {
    const { id } = await create({ what: 'contacts', format, fields: 'email,firstName,company' });
    expect((await tenant.request('GET', `/exports/${id}/file`)).status).toBe(409);
    await run(id);
    const file = await fetched(`/exports/${id}/file`);
    const text = await file.text();
    expect(text).toBe(await (await fetched(`/contacts/export?format=${format}&fields=email,firstName,company`)).text());
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="contacts.${format}"`);
    expect(file.headers.get('content-length')).toBe(String(text.length));
    expect(await shown(id)).toMatchObject({ status: 'succeeded', bytes: text.length, expiresAt: '2026-11-27T09:30:00.000Z', error: null });
    expect((await tenant.request<{ items: object[] }>('GET', '/jobs?status=succeeded')).body.items).toEqual([expect.objectContaining({ id, kind: 'export', progress: 100 })]);
  });

  it('takes the members of a segment, and workbooks', async () => {
    const { body: segment } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'Two', type: 'static', emails: ['p1@example.com', 'p2@example.com'] });
    const members = await create({ what: 'members', segmentId: segment.id, fields: 'email' });
    const workbook = await create({ what: 'contacts', format: 'xlsx' });
    for (const { id } of [members, workbook]) await run(id);
    expect(await (await fetched(`/exports/${members.id}/file`)).text()).toBe('email\r\np1@example.com\r\np2@example.com\r\n');
    expect(Buffer.from(await (await fetched(`/exports/${workbook.id}/file`)).arrayBuffer()).subarray(0, 2).toString()).toBe('PK');
    expect((await tenant.request<{ items: Export[] }>('GET', '/exports?limit=1')).body.items.map(({ id }) => id)).toEqual([members.id]);
  });

  it('is refused before it begins where it could not be made, with the place', async () => {
    const faults = async (body: object): Promise<[number, Fault | undefined]> => {
      const answer = await tenant.request<{ errors?: Fault[] }>('POST', '/exports', body);
      return [answer.status, answer.body.errors?.[0]];
    };
    expect(await faults({ what: 'members' })).toEqual([422, expect.objectContaining({ path: '/segmentId', code: 'value_missing' })]);
    expect(await faults({ what: 'events', segmentId: tenant.id })).toEqual([422, expect.objectContaining({ path: '/segmentId', code: 'value_not_allowed' })]);
    expect(await faults({ what: 'members', segmentId: tenant.id })).toEqual([404, undefined]);
    expect(await faults({ what: 'contacts', fields: 'email,nothing' })).toEqual([422, expect.objectContaining({ path: '/fields', code: 'unknown_field' })]);
    expect((await tenant.request<{ items: object[] }>('GET', '/exports')).body.items).toEqual([]);
  });

  it('is made once for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'weekly' };
    const [one, two] = [await tenant.request<Export>('POST', '/exports', { what: 'events' }, headers), await tenant.request<Export>('POST', '/exports', { what: 'events' }, headers)];
    expect(two.body.id).toBe(one.body.id);
  });

  it('is stopped by hand, once', async () => {
    const { id } = await create();
    expect(await tenant.request('POST', `/exports/${id}/cancel`)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await run(id);
    expect(await shown(id)).toMatchObject({ status: 'cancelled', bytes: 0 });
    expect((await tenant.request('POST', `/exports/${id}/cancel`)).status).toBe(409);
    expect((await tenant.request('GET', `/exports/${id}/file`)).status).toBe(409);
  });

  it('is begun anew where its worker died, and is whole where two make it at once', async () => {
    const { id } = await create();
    await owner.query(`update export set status = 'running', run = 1, bytes = 3 where id = $1`, [id]);
    await owner.query(`insert into export_part (tenant_id, export_id, seq, bytes) values ($1, $2, 0, 'old')`, [tenant.id, id]);
    await Promise.all([run(id), run(id), run(id)]);
    expect(await shown(id)).toMatchObject({ status: 'succeeded' });
    expect(await (await fetched(`/exports/${id}/file`)).text()).toBe(await (await fetched('/contacts/export')).text());
  });

  it('that cannot be made fails, and says why', async () => {
    const { body: segment } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'Gone', type: 'static', contactIds: [] });
    const { id } = await create({ what: 'members', segmentId: segment.id });
    await tenant.request('DELETE', `/segments/${segment.id}`);
    await run(id);
    expect(await shown(id)).toMatchObject({ status: 'failed', error: expect.stringContaining('segment') });
  });

  it('is not given up for a database that is away or busy, and is for what never works', async () => {
    const { id } = await create();
    const open = jest.spyOn(service.service.app.get(ExportService, { strict: false }), 'open');
    try {
      open.mockRejectedValue(Object.assign(new Error('terminating connection'), { code: '57P01' }));
      for (let attempt = 0; attempt <= mostAttempts; attempt += 1) await expect(run(id)).rejects.toThrow('terminating');
      open.mockRejectedValue(unavailable('All connections are taken.'));
      for (let attempt = 0; attempt <= mostAttempts; attempt += 1) await expect(run(id)).rejects.toMatchObject({ status: 503 });
      expect(await shown(id)).toMatchObject({ status: 'queued', error: null });
      open.mockRejectedValue(new Error('a defect'));
      for (let attempt = 1; attempt < mostAttempts; attempt += 1) await expect(run(id)).rejects.toThrow('defect');
      expect(await shown(id)).toMatchObject({ status: 'queued' });
      await expect(run(id)).rejects.toThrow('defect');
      expect(await shown(id)).toMatchObject({ status: 'failed', error: 'internal' });
    } finally {
      open.mockRestore();
    }
  });

  it('has no file any more once a person was erased, or a week has passed', async () => {
    const [erased, old] = [await create(), await create({ what: 'events' })];
    await run(erased.id);
    const { body: { items: [contact] } } = await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?limit=1');
    await tenant.request('DELETE', `/contacts/${contact?.id}`);
    await run(old.id);
    expect(await shown(erased.id)).toMatchObject({ status: 'expired', expiresAt: null });
    expect((await tenant.request('GET', `/exports/${erased.id}/file`)).status).toBe(410);
    const sweep = service.service.app.get(ExportSweep, { strict: false });
    await service.clock('2026-11-27T09:30:00Z');
    await sweep.sweep();
    expect((await shown(old.id)).status).toBe('succeeded');
    await service.clock('2026-11-27T09:30:00.001Z');
    await sweep.sweep();
    expect((await shown(old.id)).status).toBe('expired');
    expect((await owner.query('select from export_part where tenant_id = $1', [tenant.id])).rowCount).toBe(0);
  });
});

it('An export is made by whoever works', async () => {
  const service = await startTestService();
  try {
    const tenant = await service.tenant();
    const { body: { id } } = await tenant.request<Export>('POST', '/exports', { what: 'contacts' });
    await until(async () => (await tenant.request<Export>('GET', `/exports/${id}`)).body.status, (status) => status === 'succeeded');
  } finally {
    await service.stop();
  }
}, 60_000);
