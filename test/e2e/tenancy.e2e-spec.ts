import { startTestService, type TestService } from '../support/service.js';

describe('Tenants and API keys', () => {
  let service: TestService;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });

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
