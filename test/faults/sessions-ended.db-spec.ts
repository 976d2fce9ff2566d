import { setTimeout as after } from 'node:timers/promises';
import type pg from 'pg';
import { MixedLoad } from '../support/mixed-load.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';

/** Whatever rejects without being handled fails the test: Jest hears of it while it runs. */
describe('A service whose sessions the database ends', () => {
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });

  it('one at random or all at once, answers with 503 at worst, loses nothing that it acknowledged, and is ready again at once', async () => {
    const load = new MixedLoad(service, [await service.tenant(), await service.tenant('Other')]);
    const sessions = async (): Promise<number[]> => (await owner.query<{ pid: number }>(`
      select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' order by pid`)).rows.map(({ pid }) => pid);
    const begun = performance.now();
    let [ends, ended] = [0, 0];
    await load.during(async () => {
      for (; ends < 10 || performance.now() - begun < budget; ends += 1) {
        const all = await sessions();
        const at = Math.floor(load.random() * all.length);
        const these = ends % 5 === 4 ? all : all.slice(at, at + 1);
        await owner.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [these]);
        ended += these.length;
        expect((await load.health()).live).toBe(200);
        await after(load.random() * 150);
        if (ends % 10 === 9) expect(await until(async () => await load.health(), ({ ready }) => ready === 200, 5000)).toEqual({ ready: 200, live: 200 });
      }
    });
    process.stdout.write(`runs: ${ends} times were ${ended} sessions ended, one or all; seed ${load.seed}; answers ${load.told}\n`);
    expect(await until(async () => await load.health(), ({ ready }) => ready === 200, 5000)).toEqual({ ready: 200, live: 200 });
    await load.check(owner);
  }, 300_000);
});
