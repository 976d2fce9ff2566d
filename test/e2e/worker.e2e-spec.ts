import { readConfig } from '../../src/config.js';
import { type Service, startService } from '../../src/service.js';
import { until } from '../support/queue-contract.js';
import { adminKey, startTestService, type TestService } from '../support/service.js';
import { publishedOperations } from '../support/tenant-world.js';

describe('A worker with a port', () => {
  let api: TestService;
  let worker: Service;
  beforeAll(async () => {
    api = await startTestService({ ROLE: 'api' });
    worker = await startService(readConfig({ DATABASE_URL: api.databaseUrl, PORT: '0', ROLE: 'worker', ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'silent' }), () => undefined);
  });
  afterAll(async () => {
    await worker.stop();
    await api.stop();
  });

  it('has health and metrics on it', async () => {
    const tenant = await api.tenant();
    await tenant.request('POST', '/segments', { name: 'All', type: 'dynamic', rules: { match: 'all', groups: [] } });
    expect(await (await fetch(`${worker.url}/health/live`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${worker.url}/health/ready`)).json()).toEqual({ status: 'ok', queue: 'up' });
    await until(async () => await (await fetch(`${worker.url}/metrics`)).text(), (page) => /^segments_cycle_seconds_count [1-9]/m.test(page) && page.includes('segments_queue_up 1'));
  });

  it('has nothing else on it: no operation, whoever asks, no documents', async () => {
    const { apiKey } = await api.tenant();
    const operations = await publishedOperations(api);
    const found: string[] = [];
    for (const { id, method, path } of operations) {
      for (const key of [apiKey, adminKey]) {
        const answer = await fetch(`${worker.url}${path.replaceAll(/\{\w+\}/g, '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11')}`, { method, headers: { authorization: `Bearer ${key}` } });
        if (answer.status !== 404) found.push(id);
        else expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      }
    }
    expect([...new Set(found)].sort()).toEqual(['live', 'metrics', 'ready']);
    for (const path of ['/docs', '/docs/', '/openapi.json', '/', '/healthy', '/metrics2']) expect([path, (await fetch(`${worker.url}${path}`)).status]).toEqual([path, 404]);
  });
});
