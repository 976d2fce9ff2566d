import type pg from 'pg';
import { ApplyService, RollbackService } from '../../src/files/index.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';

const now = new Date('2026-05-01T12:00:00Z');
const lines = 1200;

interface Import { id: string; status: string; created: number; failed: number; rollback: { removed: number } }

/** An import is applied, and taken back, by hand: the service has no worker, so that each statement is the one that is counted. */
describe('An import that is killed at any statement', () => {
  let service: TestService;
  let owner: pg.Client;
  let killer: StatementKiller;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(now.toISOString());
    owner = await service.owner();
    killer = await StatementKiller.open(service.databaseUrl);
  });
  afterAll(async () => {
    await killer.close();
    await service.stop();
  });

  it('and goes on has each row once; killed in a rollback it is wholly undone or wholly not', async () => {
    const applying = service.service.app.get(ApplyService, { strict: false });
    const rollbacks = service.service.app.get(RollbackService, { strict: false });
    const begun = performance.now();
    let [kills, more] = [0, true];
    for (let nth = 1; more && (nth <= 2 || performance.now() - begun < budget); nth += 3) {
      const tenant = await service.tenant();
      const file = `email\n${Array.from({ length: lines }, (_, n) => (n % 100 === 0 ? 'nobody' : `p${n}@example.com`)).join('\n')}`;
      const { id } = await (await fetch(`${service.url}/api/v1/imports`, { method: 'POST', body: file, headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'text/csv' } })).json() as Import;
      const shown = async (): Promise<Import> => (await tenant.request<Import>('GET', `/imports/${id}`)).body;
      const count = async (): Promise<number> => Number((await owner.query<{ n: string }>('select count(*) as n from contact where tenant_id = $1', [tenant.id])).rows[0]?.n);
      const attempt = async (statement: number, work: () => Promise<void>): Promise<boolean> => (await killer.at(statement, work)).done;
      more = !await attempt(nth, async () => { await applying.run(tenant.id, id, () => now); });
      if (more) kills += 1;
      const { created } = await shown();
      expect({ nth, contacts: await count() }).toEqual({ nth, contacts: created });
      expect(await attempt(Infinity, async () => { await applying.run(tenant.id, id, () => now); })).toBe(true);
      expect({ nth, ...await shown() }).toMatchObject({ nth, status: 'succeeded', created: lines - 12, failed: 12 });
      expect(await count()).toBe(lines - 12);
      // A rollback erases each contact by itself, and takes seconds: of the last import only.
      if (more && performance.now() - begun < budget) continue;
      more = false;
      await tenant.request('POST', `/imports/${id}/rollback`);
      if (!await attempt(400, async () => { await rollbacks.run(tenant.id, id, now); })) kills += 1;
      expect([0, lines - 12]).toContain(await count());
      expect(await attempt(Infinity, async () => { await rollbacks.run(tenant.id, id, now); })).toBe(true);
      expect(await shown()).toMatchObject({ status: 'rolled_back', rollback: { removed: lines - 12 } });
      expect(await count()).toBe(0);
    }
    process.stdout.write(`runs: ${kills} imports and rollbacks killed, each at another statement\n`);
    expect(kills).toBeGreaterThan(0);
  }, 300_000);
});
