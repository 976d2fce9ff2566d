import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type HalfOpenProxy, startHalfOpenProxy } from '../support/half-open-proxy.js';
import { MixedLoad } from '../support/mixed-load.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';

const statementSeconds = 2;
/** A connection had in 2 s, or a statement answered within 2 s and as much again, is the most that one waits for; a request may do both, and the machine be busy. */
const longestMs = 15_000;

/** Test 10: packets vanish between the service and its database, and nobody closes a connection. */
describe('A service whose database is silent', () => {
  let database: TestDatabase;
  let proxy: HalfOpenProxy;
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await startHalfOpenProxy(database.url);
    const limits = { DATABASE_STATEMENT_SECONDS: String(statementSeconds), DATABASE_CONNECT_SECONDS: '2' };
    service = await startTestService(limits, { url: proxy.url, drop: async () => { await Promise.resolve(); } });
    await service.clock('2026-05-01T12:00:00Z');
    owner = new pg.Client({ connectionString: database.url, options: '-c timezone=UTC' });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await service.stop();
    await proxy.close();
    await database.drop();
  });

  it('answers every request within its time, with 503 at worst, has connections again as soon as there are any, and loses nothing that it acknowledged', async () => {
    const [tenant, other] = [await service.tenant(), await service.tenant('Other')];
    const load = new MixedLoad(service, [tenant, other]);
    const begun = performance.now();
    let [holes, slowest, refused] = [0, 0, 0];
    const ask = async (method: string, path: string, body?: object): Promise<void> => {
      const asked = performance.now();
      const answer = await Promise.race([tenant.request(method, path, body), after(longestMs, null, { ref: false })]);
      slowest = Math.max(slowest, performance.now() - asked);
      expect({ path, status: answer?.status ?? 'none' }).toEqual({ path, status: 503 });
      refused += 1;
    };
    await load.during(async () => {
      for (; holes < 1 || performance.now() - begun < budget; holes += 1) {
        await after(1000 + load.random() * 500);
        proxy.blackHole();
        await Promise.all([
          ask('GET', '/segments'), ask('GET', '/contacts?limit=10'), ask('POST', '/contacts/batch', { contacts: [{ email: 'nobody@example.com' }] }),
          ask('POST', '/segments/preview', { rules: { match: 'all', groups: [] } }), ask('GET', '/contacts/export?format=csv'),
        ]);
        expect(await load.health()).toEqual({ ready: 503, live: 200 });
        proxy.heal();
        // Of the ten connections of the pool each was silent: the next that ask have others.
        expect(await until(async () => await load.health(), ({ ready }) => ready === 200, longestMs)).toEqual({ ready: 200, live: 200 });
        expect((await tenant.request('GET', '/segments')).status).toBe(200);
      }
    });
    await load.check(owner);
    process.stdout.write(`runs: packets vanished ${holes} times; ${refused} requests then, ${Math.round(slowest)} ms at most; ${proxy.alive()} connections after; seed ${load.seed}; answers ${load.told}\n`);
  }, 300_000);
});
