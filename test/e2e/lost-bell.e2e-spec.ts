import { setTimeout as after } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Queue } from '../../src/queues/index.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };
/** Longer than any of these requests takes, and shorter than an adapter waits for its store. */
const silenceMs = 4000;

/** The queue's store is away, as Redis is where it was killed and PostgreSQL where a line is silent. */
describe('A bell that cannot be rung', () => {
  let service: TestService;
  let tenant: TestTenant;
  const ringing: Promise<void>[] = [];

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-04T12:00:00Z');
    tenant = await service.tenant();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.allSettled(ringing);
  });
  afterAll(async () => { await service.stop(); });

  /** From now on a ring is silent for some seconds, and fails. */
  const lose = (): jest.SpiedFunction<Queue['ring']> => jest.spyOn(service.service.app.get(Queue, { strict: false }), 'ring').mockImplementation(async () => {
    const ring = after(silenceMs).then(() => { throw Object.assign(new Error('nobody answers'), { name: 'RedisAway' }); });
    ringing.push(ring);
    await ring;
  });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; id: string }> => {
    const begun = performance.now();
    const answer = await tenant.request<{ id: string }>('POST', path, body, headers);
    expect(performance.now() - begun).toBeLessThan(silenceMs);
    return { status: answer.status, id: answer.body.id };
  };
  const shown = async (path: string): Promise<string | undefined> => {
    const { body } = await tenant.request<{ status?: string; freshness?: string }>('GET', path);
    return path.startsWith('/segments') ? body.freshness : body.status;
  };
  const done = async (path: string, status: string): Promise<void> => { await until(async () => await shown(path), (now) => now === status, 30_000); };

  it.each([
    ['an import', '/imports', 'email\nada@example.com\n', 202, 'succeeded', { 'content-type': 'text/csv' }],
    ['an export', '/exports', { what: 'contacts' }, 202, 'succeeded', {}],
    ['a rollup', '/rollups', { from: '2026-04-20', to: '2026-04-21' }, 201, 'succeeded', {}],
    ['a segment', '/segments', { name: 'France', type: 'dynamic', rules }, 201, 'fresh', {}],
  ] as const)('neither fails nor holds up the request for %s, which is done when the bell rings again', async (_, path, body, status, end, headers) => {
    const ring = lose();
    const made = await post(path, body, headers);
    expect(made.status).toBe(status);
    await until(() => ring.mock.calls.length, (calls) => calls > 0);
    expect(await shown(`${path}/${made.id}`)).not.toBe(end);
    jest.restoreAllMocks();
    await done(`${path}/${made.id}`, end);
  }, 60_000);

  it('neither fails nor holds up the taking back of an import', async () => {
    const { id } = await post('/imports', 'email\nbob@example.com\n', { 'content-type': 'text/csv' });
    await done(`/imports/${id}`, 'succeeded');
    lose();
    expect(await post(`/imports/${id}/rollback`, undefined)).toMatchObject({ status: 202 });
    expect(await shown(`/imports/${id}`)).toBe('rolling_back');
    jest.restoreAllMocks();
    await done(`/imports/${id}`, 'rolled_back');
  }, 60_000);

  it('neither fails nor holds up a report of today', async () => {
    const { id } = await post('/segments', { name: 'Everywhere', type: 'static', emails: ['ada@example.com'] });
    const ring = lose();
    const begun = performance.now();
    expect((await tenant.request('GET', `/segments/${id}/analytics?from=2026-05-04&to=2026-05-04`)).status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(silenceMs);
    expect(ring.mock.calls.map(([kind]) => kind)).toContain('analytics-today');
  });
});
