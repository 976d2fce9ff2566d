import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { MixedLoad } from '../support/mixed-load.js';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';

/** Whatever rejects without being handled fails the test: Jest hears of it while it runs. */
describe('A service whose database crashes', () => {
  let postgres: OwnPostgres;
  let service: TestService;

  beforeAll(async () => {
    postgres = await startOwnPostgres();
    service = await startTestService({}, postgres);
    await service.clock('2026-05-01T12:00:00Z');
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  const connected = async <T>(work: (owner: pg.Client) => Promise<T>): Promise<T> => {
    const owner = new pg.Client({ connectionString: postgres.url, options: '-c timezone=UTC' });
    await owner.connect();
    try {
      return await work(owner);
    } finally {
      await owner.end();
    }
  };

  it('lives, says that it is not ready, connects again by itself, and has lost nothing that it acknowledged', async () => {
    const load = new MixedLoad(service, [await service.tenant(), await service.tenant('Other')]);
    const health = async (): Promise<{ ready: number; live: number }> => await load.health();
    const begun = performance.now();
    const recoveries: number[] = [];
    await load.during(async () => {
      while (recoveries.length < 2 || performance.now() - begun < budget) {
        await after(1000 + load.random() * 1000);
        await postgres.crash();
        expect(await until(health, ({ ready }) => ready === 503, 4000)).toEqual({ ready: 503, live: 200 });
        await after(load.random() * 1000);
        expect(await health()).toEqual({ ready: 503, live: 200 });
        await postgres.start();
        const up = performance.now();
        expect(await until(health, ({ ready }) => ready === 200, 5000)).toEqual({ ready: 200, live: 200 });
        recoveries.push(Math.round(performance.now() - up));
      }
    });
    process.stdout.write(`runs: ${recoveries.length} crashes of the database, ready again after ${Math.max(...recoveries)} ms at most; seed ${load.seed}; answers ${load.told}\n`);
    await connected(async (owner) => { await load.check(owner); });
  }, 300_000);
});
