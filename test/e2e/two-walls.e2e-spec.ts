import { createRequire } from 'node:module';
import type pg from 'pg';
import { IsolationWalk } from '../support/isolation-walk.js';
import { asOwner, tenantTables } from '../support/tenant-world.js';

/** The very driver that the service's statements go through. */
const { Client } = createRequire(createRequire(import.meta.url).resolve('@mikro-orm/postgresql'))('pg') as typeof pg;

/** `tenant_id = $1::uuid` of the service's statements, and `"tenant_id" = '…'` of its entity manager's; not the setting of that name. */
const condition = /(?:"?\w+"?\.)?(?<!app\.)"?\btenant_id"? = (\$\d+|'[\da-f-]{36}')(?:::uuid)?/g;

/**
 * The service with statements that no longer say whose rows they mean: the condition holds of every row. What a build
 * would be like in which somebody forgot it everywhere.
 */
function forgetTenants(): { statements: () => number; undo: () => void } {
  const query = Client.prototype.query as (this: pg.Client, ...sent: unknown[]) => unknown;
  let statements = 0;
  const forget = (text: string): string => text.replace(condition, (_, tenant: string) => {
    statements += 1;
    return `(${tenant}::uuid is not null)`;
  });
  Client.prototype.query = function forgetful(this: pg.Client, ...[first, ...rest]: unknown[]): unknown {
    if (typeof first === 'string') return query.call(this, forget(first), ...rest);
    const config = first as { text?: string } | null;
    if (typeof config?.text === 'string') config.text = forget(config.text);
    return query.call(this, first, ...rest);
  } as typeof Client.prototype.query;
  return { statements: () => statements, undo: () => { Client.prototype.query = query as typeof Client.prototype.query; } };
}

describe('Each of the two walls between tenants holds alone', () => {
  let walk: IsolationWalk;

  const rowSecurity = async (state: 'enable' | 'disable'): Promise<void> => {
    await asOwner(walk.service.databaseUrl, async (client) => {
      for (const table of await tenantTables(client)) await client.query(`alter table ${table} ${state} row level security`);
    });
  };

  beforeAll(async () => { walk = await IsolationWalk.prepare(); });
  afterAll(async () => { await walk.service.stop(); });

  it('the statements, with row-level security switched off', async () => {
    await rowSecurity('disable');
    try {
      const { probes, ...found } = await walk.all();
      expect(found).toEqual({ faults: [], written: [] });
      expect(await walk.sweep(walk.own)).toEqual([]);
      process.stdout.write(`runs: isolation by statements alone ${probes} probes\n`);
    } finally {
      await rowSecurity('enable');
    }
  }, 120_000);

  it('row-level security, with statements that forgot whose rows they mean', async () => {
    const forgetful = forgetTenants();
    try {
      const { probes, ...found } = await walk.all();
      expect(found).toEqual({ faults: [], written: [] });
      expect(await walk.sweep(walk.own)).toEqual([]);
      expect(forgetful.statements()).toBeGreaterThan(probes);
      process.stdout.write(`runs: isolation by row-level security alone ${probes} probes\n`);
    } finally {
      forgetful.undo();
    }
  }, 120_000);

  it('and with neither, the walk tells', async () => {
    await rowSecurity('disable');
    const forgetful = forgetTenants();
    try {
      expect(await walk.sweep(walk.own)).toEqual(expect.arrayContaining(['listSegments', 'listCampaigns', 'listApiKeys', 'listCustomFields', 'getRulesCatalog']));
      const reads = walk.ofTenants.filter(({ method, pathParameters }) => method === 'GET' && pathParameters.length > 0);
      const { faults } = await walk.all(reads);
      expect(faults.length).toBeGreaterThan(reads.length);
    } finally {
      forgetful.undo();
      await rowSecurity('enable');
    }
  }, 120_000);
});
