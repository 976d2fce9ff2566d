import { setTimeout as after } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import { AnswerLimit } from '../../libs/database/src/answer-limit.js';
import type { Faults } from '../support/broken-build.js';
import { type HalfOpenProxy, startHalfOpenProxy } from '../support/half-open-proxy.js';
import { MixedLoad } from '../support/mixed-load.js';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const statementSeconds = 2;
/** A connection had in 2 s, or a statement answered within 2 s and as much again, is the most that one waits for; a request may do both, and the machine be busy. */
const longestMs = 15_000;

const questions: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/segments'], ['GET', '/contacts?limit=10'], ['POST', '/contacts/batch', { contacts: [{ email: 'nobody@example.com' }] }],
  ['POST', '/segments/preview', { rules: { match: 'all', groups: [] } }], ['GET', '/contacts/export?format=csv'],
];

/** Asked while packets vanish: which have no answer in time, or another than 503, and how long the slowest took. */
async function askAll(tenant: TestTenant, withinMs: number): Promise<{ faults: Faults; slowestMs: number }> {
  const begun = performance.now();
  let slowestMs = 0;
  const told = await Promise.all(questions.map(async ([method, path, body]) => {
    const answer = await Promise.race([tenant.request(method, path, body), after(withinMs, null, { ref: false })]);
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    return { path, status: answer?.status ?? 'none' };
  }));
  return { faults: told.filter(({ status }) => status !== 503).map(({ path, status }) => `${path}: ${status}`), slowestMs };
}

/** Test 10: packets vanish between the service and its database, and nobody closes a connection. */
describe('A service whose database is silent', () => {
  let database: OwnPostgres;
  let proxy: HalfOpenProxy;
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    // Each hole leaves it a pool of sessions that it takes to be alive.
    database = await startOwnPostgres({ max_connections: '500' });
    proxy = await startHalfOpenProxy(database.url);
    const limits = { DATABASE_STATEMENT_SECONDS: String(statementSeconds), DATABASE_CONNECT_SECONDS: '2' };
    service = await startTestService(limits, { url: proxy.url, drop: async () => { await Promise.resolve(); } });
    await service.clock('2026-05-01T12:00:00Z');
    owner = new pg.Client({ connectionString: database.url, options: '-c timezone=UTC' });
    await owner.connect();
  }, 60_000);
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
    await load.during(async () => {
      for (; holes < 1 || performance.now() - begun < budget; holes += 1) {
        await after(1000 + load.random() * 500);
        proxy.blackHole();
        const { faults, slowestMs } = await askAll(tenant, longestMs);
        expect(faults).toEqual([]);
        slowest = Math.max(slowest, slowestMs);
        refused += questions.length;
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

  it('would answer nothing in a build that waits for the database as long as it is silent', async () => {
    const found = async (): Promise<Faults> => {
      const line = await startHalfOpenProxy(database.url);
      const own = await startTestService({ ROLE: 'api', DATABASE_STATEMENT_SECONDS: '1', DATABASE_CONNECT_SECONDS: '1' }, { url: line.url, drop: async () => { await Promise.resolve(); } });
      const tenant = await own.tenant();
      // There are connections to fall silent.
      await Promise.all(questions.map(async (question) => await tenant.request(...question)));
      line.blackHole();
      const { faults } = await askAll(tenant, 10_000);
      // Whoever waits still is told by the end of the line.
      await line.close();
      await own.stop();
      return faults;
    };
    expect(await found()).toEqual([]);
    const watch = jest.spyOn(AnswerLimit.prototype, 'watch').mockReturnValue();
    expect(await found()).toContain('/segments: none');
    watch.mockRestore();
  }, 60_000);
});
