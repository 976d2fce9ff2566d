import type pg from 'pg';
import { randomInt } from 'node:crypto';
import { sql } from '#database';
import { toText } from '#rules';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { type Faults, faultsOf } from '../support/broken-build.js';
import { historyFaults } from '../support/derived-faults.js';
import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled, checkWhole } from '../support/settled.js';
import { StatementKiller, watchStatements } from '../support/statements.js';

const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

/** In the long form each statement is visited, however long it takes. */
const visitsAll = budget >= 20_000;
/** So many of a cycle's end: the positions, the last outcome, what is looked for afterwards. */
const always = 12;

interface Crashes { crashes: number; statements: number; metNone: number; faults: Faults }

/**
 * Fails at the first statement of a cycle, at the second, … until a run meets no fault (as SQLite tests its I/O). The short
 * form visits the last ones and, from another one each time, every fifth.
 */
describe('A cycle that is killed at any statement', () => {
  let service: TestService;
  let owner: pg.Client;
  let killer: StatementKiller;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    killer = await StatementKiller.open(service.databaseUrl);
    owner = await service.owner();
  });

  afterAll(async () => {
    await killer.close();
    await service.stop();
  });

  /** Every run is of one that is filled for the first time, through the full refresh, and of three that follow what has changed. */
  const crash = async (order: (statements: number) => Iterable<number>, whole: boolean): Promise<Crashes> => {
    tenant = await service.tenant();
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    const contacts = (country: string): Promise<unknown> => tenant.request('POST', '/contacts/batch', {
      contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: n % 2 === 0 ? country : 'Canada' })),
    });
    await contacts('France');
    const made: string[] = [];
    const make = async (name: string, country: string): Promise<string> => {
      const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules: from(country) });
      return id;
    };
    for (const country of ['France', 'Canada', 'Chad']) made.push(await make(country, country));
    await cycle.run(tenant.id);
    let runs = 0;
    const run = async (nth: number): Promise<{ done: boolean; sent: number; faults: Faults }> => {
      runs += 1;
      await contacts(runs % 2 === 0 ? 'France' : 'Chad');
      const fresh = await make(`fresh ${runs}`, 'Chad');
      const { done, sent } = await killer.at(nth, async () => { await cycle.run(tenant.id); });
      const faults = await faultsOf(async () => {
        await checkWhole(tenant, made);
        await cycle.run(tenant.id);
        await checkSettled(tenant, [...made, fresh]);
        expect(await historyFaults(owner, tenant.id, { nobodyErased: true })).toBe(0);
      });
      await tenant.request('DELETE', `/segments/${fresh}`);
      return { done, sent, faults: faults.map((fault) => `killed at statement ${nth}: ${fault}`) };
    };
    // Not killed: it counts, of a run like the others.
    const { sent: statements, faults } = await run(Infinity);
    let [crashes, visited, metNone] = [0, 0, 0];
    const begun = performance.now();
    for (const nth of order(statements)) {
      // Who comes and who goes differs from one run to the next, and with it the length: two in a row meet none.
      if (faults.length > 0 || (whole ? metNone === 2 : visited >= always && performance.now() - begun > budget)) break;
      const { done, faults: found } = await run(nth);
      faults.push(...found);
      visited += 1;
      metNone = done ? metNone + 1 : 0;
      if (!done) crashes += 1;
    }
    return { crashes, statements, metNone, faults };
  };

  it('leaves the members before it or after it, never a mix, and the next cycle repairs the rest', async () => {
    const { crashes, statements, metNone, faults } = await crash(visitsAll ? oneByOne : spread, visitsAll);
    expect(faults).toEqual([]);
    process.stdout.write(`runs: ${crashes} cycles of ${statements} statements killed, each at another statement\n`);
    expect(crashes).toBeGreaterThanOrEqual(visitsAll ? statements - 5 : always - 5);
    if (visitsAll) expect(metNone).toBe(2);
  }, 600_000);

  it('leaves a mix, as this test sees, in a build that commits members before the count of them', async () => {
    const unwatch = watchStatements(async (statement, send) => {
      if (!/^\s*update segment_state st set as_of/.test(toText(statement).sql)) return;
      for (const step of [sql`commit`, sql`begin isolation level repeatable read`, sql`set local app.tenant_id = ${sql.lit(tenant.id)}`]) await send(step);
    });
    try {
      expect((await crash((statements) => range(Math.floor(statements / 3), statements + 1), true)).faults).toEqual([expect.stringMatching(/^killed at statement \d+: /)]);
    } finally {
      unwatch();
    }
  }, 300_000);
});

function* oneByOne(): Generator<number> {
  for (let nth = 1; ; nth += 1) yield nth;
}

function* spread(statements: number): Generator<number> {
  yield* range(statements - always + 1, statements + 1);
  for (let at = 0, first = randomInt(5); at < 5; at += 1) yield* range(1 + (first + at) % 5, statements - always + 1, 5);
}

function* range(start: number, end: number, step = 1): Generator<number> {
  for (let at = start; at < end; at += step) yield at;
}
