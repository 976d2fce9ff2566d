import { createHash } from 'node:crypto';
import { sql } from '#database';
import { newId } from '#kernel';
import { startTestService, type TestService } from '../support/service.js';

interface Rotated { id: string; apiKey: string; expiresAt: string | null }

describe('Tenants and API keys', () => {
  let service: TestService;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });

  it('shows a tenant to the operator, who may rename it and say how long its questions may take', async () => {
    await service.clock('2026-03-01T00:00:00Z');
    const tenant = await service.tenant('Acme');
    const path = `/admin/tenants/${tenant.id}`;
    const shown = { id: tenant.id, name: 'Acme', createdAt: '2026-03-01T00:00:00.000Z', removing: false, answerSeconds: null };
    expect((await service.admin('GET', path)).body).toEqual(shown);
    expect(await service.admin('PATCH', path, { answerSeconds: 10 })).toMatchObject({ status: 200, body: { ...shown, answerSeconds: 10 } });
    expect((await service.admin('PATCH', path, { name: 'Acme Europe' })).body).toEqual({ ...shown, name: 'Acme Europe', answerSeconds: 10 });
    expect((await service.admin('PATCH', path, { answerSeconds: null })).body).toEqual({ ...shown, name: 'Acme Europe' });
    expect((await service.admin('GET', path)).body).toEqual({ ...shown, name: 'Acme Europe' });
    for (const [body, at] of [[{ answerSeconds: 0 }, '/answerSeconds'], [{ answerSeconds: 301 }, '/answerSeconds'], [{ answerSeconds: 1.5 }, '/answerSeconds'], [{ name: '' }, '/name'], [{ removing: true }, '/removing']] as const) {
      expect(await service.admin('PATCH', path, body)).toMatchObject({ status: 422, body: { errors: [{ path: at }] } });
    }
    expect((await service.admin('PATCH', `/admin/tenants/${newId()}`, { answerSeconds: 10 })).status).toBe(404);
    expect((await tenant.request('GET', path)).status).toBe(401);
  });

  it('ends a preview of a tenant at its own limit, and no other\'s', async () => {
    const [short, usual] = [await service.tenant(), await service.tenant()];
    const owner = await service.owner();
    for (const tenant of [short, usual]) await tenant.request('POST', '/contacts', { email: 'ada@example.com', country: 'Canada' });
    const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'Canada' }] }] };
    const preview = async ({ request }: typeof short): Promise<string> => {
      const { status, body } = await request<{ type?: string; count?: number }>('POST', '/segments/preview', { rules, exact: true });
      return `${status} ${body.type ?? body.count}`;
    };
    await service.admin('PATCH', `/admin/tenants/${short.id}`, { answerSeconds: 1 });
    await owner.query(`create policy slow on contact as restrictive using (pg_sleep(1.5)::text = '')`);
    try {
      expect([await preview(short), await preview(usual)]).toEqual(['503 /problems/took-too-long', '200 1']);
      await service.admin('PATCH', `/admin/tenants/${short.id}`, { answerSeconds: null });
      expect(await preview(short)).toBe('200 1');
    } finally {
      await owner.query('drop policy slow on contact');
    }
  });

  it('makes a key that is shown once, listed without its secret, and refused at once after it was revoked', async () => {
    const tenant = await service.tenant();
    const made = await tenant.request<{ id: string; apiKey: string }>('POST', '/api-keys', { name: 'sync', role: 'admin' });
    expect(made.status).toBe(201);
    const listed = await tenant.as(made.body.apiKey)<{ items: object[] }>('GET', '/api-keys');
    expect(listed.status).toBe(200);
    expect(listed.body.items).toHaveLength(2);
    expect(JSON.stringify(listed.body)).not.toContain(made.body.apiKey.slice(-32));
    expect((await tenant.request('DELETE', `/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await tenant.as(made.body.apiKey)('GET', '/api-keys')).status).toBe(401);
  });

  it('shows how each key begins, and nothing of those made before that was kept', async () => {
    const tenant = await service.tenant();
    const { body: made } = await tenant.request<{ id: string; apiKey: string; prefix: string }>('POST', '/api-keys', { name: 'sync', role: 'viewer' });
    const prefixes = async (): Promise<(string | null)[]> => (await tenant.request<{ items: { prefix: string | null }[] }>('GET', '/api-keys')).body.items.map(({ prefix }) => prefix);
    const shown = [tenant.apiKey, made.apiKey].map((key) => key.slice(0, `sk_${tenant.id}_`.length + 6));
    expect(made.prefix).toBe(shown[1]);
    expect(await prefixes()).toEqual(shown);
    expect(new Set(shown).size).toBe(2);
    await service.service.database.inTenant(tenant.id, async (tx) => await tx.write(sql`update api_key set secret_beginning = null where tenant_id = ${tenant.id}::uuid and id = ${made.id}::uuid`));
    expect(await prefixes()).toEqual([shown[0], null]);
    const { body: next } = await tenant.request<{ apiKey: string; prefix: string }>('POST', `/api-keys/${made.id}/rotate`, {});
    expect(next.apiKey.startsWith(next.prefix)).toBe(true);
  });

  it('makes no key that has expired already, by the clock', async () => {
    await service.clock('2026-03-01T00:00:00Z');
    const tenant = await service.tenant();
    for (const [expiresAt, status] of [['2026-02-28T23:59:59Z', 422], ['2026-03-01T00:00:00Z', 422], ['2026-03-01T00:00:00.001Z', 201], [null, 201]] as const) {
      const answer = await tenant.request<{ errors?: object[] }>('POST', '/api-keys', { name: 'short', role: 'viewer', expiresAt });
      expect({ expiresAt, status: answer.status }).toEqual({ expiresAt, status });
      if (status === 422) expect(answer.body.errors).toMatchObject([{ path: '/expiresAt', code: 'value_not_allowed' }]);
    }
    expect((await tenant.request<{ items: object[] }>('GET', '/api-keys')).body.items).toHaveLength(3);
  });

  it('refuses a key from its expiry on, by the clock', async () => {
    await service.clock('2026-03-01T00:00:00Z');
    const tenant = await service.tenant();
    const made = await tenant.request<{ apiKey: string }>('POST', '/api-keys', { name: 'short', role: 'admin', expiresAt: '2026-03-02T00:00:00Z' });
    const use = async (): Promise<number> => (await tenant.as(made.body.apiKey)('GET', '/api-keys')).status;
    await service.clock('2026-03-01T23:59:59.999Z');
    expect(await use()).toBe(200);
    await service.clock('2026-03-02T00:00:00Z');
    expect(await use()).toBe(401);
  });

  it('rotates a key: the new one is like it and works at once, the old one until the grace is over, and then no more', async () => {
    await service.clock('2026-04-01T00:00:00Z');
    const tenant = await service.tenant();
    const make = async (expiresAt: string | null): Promise<Rotated> => (await tenant.request<Rotated>('POST', '/api-keys', { name: 'sync', role: 'editor', expiresAt })).body;
    const use = async ({ apiKey }: Rotated): Promise<number> => (await tenant.as(apiKey)('GET', '/segments')).status;
    const rotate = async ({ id }: Rotated, body: object): Promise<Rotated> => {
      const { status, body: rotated } = await tenant.request<Rotated>('POST', `/api-keys/${id}/rotate`, body);
      expect(status).toBe(201);
      return rotated;
    };
    const listed = async ({ id }: Rotated): Promise<string | null | undefined> => (await tenant.request<{ items: Rotated[] }>('GET', '/api-keys')).body.items.find((key) => key.id === id)?.expiresAt;

    const [usual, hour, now, short] = [await make(null), await make('2026-12-01T00:00:00Z'), await make(null), await make('2026-04-01T00:30:00Z')];
    const next = [await rotate(usual, {}), await rotate(hour, { graceSeconds: 3600 }), await rotate(now, { graceSeconds: 0 }), await rotate(short, { graceSeconds: 3600 })];
    expect(next).toMatchObject([{ name: 'sync', role: 'editor', expiresAt: null }, { expiresAt: '2026-12-01T00:00:00.000Z' }, { expiresAt: null }, { expiresAt: '2026-04-01T00:30:00.000Z' }]);
    expect(await Promise.all([usual, hour, now, short].map(listed))).toEqual(['2026-04-02T00:00:00.000Z', '2026-04-01T01:00:00.000Z', '2026-04-01T00:00:00.000Z', '2026-04-01T00:30:00.000Z']);
    const answers = async (): Promise<number[]> => await Promise.all([usual, hour, now, ...next.slice(0, 3)].map(use));
    expect(await answers()).toEqual([200, 200, 401, 200, 200, 200]);
    await service.clock('2026-04-01T00:59:59.999Z');
    expect(await answers()).toEqual([200, 200, 401, 200, 200, 200]);
    await service.clock('2026-04-01T01:00:00Z');
    expect(await answers()).toEqual([200, 401, 401, 200, 200, 200]);
    await service.clock('2026-04-02T00:00:00Z');
    expect(await answers()).toEqual([401, 401, 401, 200, 200, 200]);
    expect((await tenant.request('POST', `/api-keys/${now.id}/rotate`, {})).status).toBe(409);
    expect((await tenant.request('POST', `/api-keys/${next[0]!.id}/rotate`, { graceSeconds: -1 })).status).toBe(422);
    expect((await tenant.request('POST', `/api-keys/${next[0]!.id}/rotate`, {}, { 'idempotency-key': 'k' })).status).toBe(422);
    const other = await service.tenant('Other');
    expect((await other.request('POST', `/api-keys/${next[0]!.id}/rotate`, { graceSeconds: 0 })).status).toBe(404);
    expect(await use(next[0]!)).toBe(200);
  });

  it('gives keys 192 bits of chance, and stores the hash of them only', async () => {
    const tenant = await service.tenant();
    const { body: { apiKey } } = await tenant.request<Rotated>('POST', '/api-keys', { name: 'sync', role: 'viewer' });
    const secret = apiKey.slice(`sk_${tenant.id}_`.length);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(24);
    const rows = await service.service.database.inTenant(tenant.id, async (tx) => await tx.rows<{ hash: string; row: string }>(sql`
      select encode(secret_hash, 'hex') as hash, row_to_json(k)::text as row from api_key k where tenant_id = ${tenant.id}::uuid order by id`));
    expect(rows.at(-1)?.hash).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('keeps roles apart', async () => {
    const tenant = await service.tenant();
    const made = await tenant.request<{ apiKey: string }>('POST', '/api-keys', { name: 'reader', role: 'viewer' });
    expect((await tenant.as(made.body.apiKey)('POST', '/api-keys', { name: 'x', role: 'admin' })).status).toBe(403);
  });

  it('names every fault of a body at once', async () => {
    const tenant = await service.tenant();
    const answer = await tenant.request<{ errors: { path: string; code: string }[] }>('POST', '/api-keys', { role: 'boss', tenantId: 'x' });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.errors.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
      '/name value_missing', '/role value_invalid', '/tenantId unknown_property',
    ]);
  });

  it('refuses an Idempotency-Key where the answer is shown once', async () => {
    const tenant = await service.tenant();
    expect((await tenant.request('POST', '/api-keys', { name: 'x', role: 'viewer' }, { 'idempotency-key': 'k' })).status).toBe(422);
  });

  it('walks a list by signed cursors that another tenant cannot use', async () => {
    const [tenant, other] = [await service.tenant(), await service.tenant('Other')];
    await tenant.request('POST', '/api-keys', { name: 'second', role: 'viewer' });
    const first = await tenant.request<{ items: { id: string }[]; nextCursor: string }>('GET', '/api-keys?limit=1');
    const second = await tenant.request<{ items: { id: string }[]; nextCursor: null }>('GET', `/api-keys?limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body.items).toHaveLength(1);
    expect(second.body.items[0]?.id).not.toBe(first.body.items[0]?.id);
    expect(second.body.nextCursor).toBeNull();
    expect((await other.request('GET', `/api-keys?limit=1&cursor=${first.body.nextCursor}`)).status).toBe(400);
  });
});
