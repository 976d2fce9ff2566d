import pg from 'pg';
import { connect, migrate } from '#database';
import { apart, type Faults, faultsOf, withStatements } from '../support/broken-build.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { createEmptyDatabase } from '../support/database.js';
import { faultsBudget as budget } from '../support/runs.js';

/** Every column, constraint, index, policy and grant. */
const schema = `
  select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as it from information_schema.columns where table_schema = 'public'
  union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
  union all select indexdef from pg_indexes where schemaname = 'public'
  union all select tablename || ' ' || policyname || ' ' || coalesce(qual, '') from pg_policies where schemaname = 'public'
  union all select table_name || ' ' || grantee || ' ' || privilege_type from information_schema.role_table_grants where table_schema = 'public' and grantee like 'segments%'
  union all select name from schema_migration order by 1`;

async function schemaOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ it: string }>(schema);
  await client.end();
  return rows.map(({ it }) => it);
}

/** Cuts a start at one of its messages, and lets two others follow; whether it failed. */
async function cutAt(nth: number, whole: readonly string[]): Promise<boolean> {
  const database = await createEmptyDatabase();
  const proxy = await startCuttingProxy(database.url);
  try {
    proxy.cutAt(nth);
    const failed = await migrate(proxy.url).then(() => false, () => true);
    await Promise.all([migrate(database.url), migrate(database.url)]);
    expect({ nth, schema: await schemaOf(database.url) }).toEqual({ nth, schema: whole });
    await (await connect({ url: database.url, takeRole: true })).close();
    return failed;
  } finally {
    await proxy.close();
    await database.drop();
  }
}

async function wholeSchema(): Promise<{ whole: string[]; statements: number }> {
  const clean = await createEmptyDatabase();
  const counter = await startCuttingProxy(clean.url);
  await migrate(counter.url);
  const found = { whole: await schemaOf(clean.url), statements: counter.sent() };
  await counter.close();
  await clean.drop();
  return found;
}

/** Test 9. The server sees of a killed process that its connections end. */
describe('A start that is killed while it migrates', () => {
  it('at each of its statements, leaves a schema that two starts at once make whole', async () => {
    const { whole, statements } = await wholeSchema();
    const begun = performance.now();
    let [crashes, failed] = [0, 0];
    // Spread over all of them, so that a short run is at the beginning, the middle and the end.
    const order = Array.from({ length: statements }, (_, n) => n + 1).sort((one, other) => (one * 0.618) % 1 - (other * 0.618) % 1);
    for (const nth of order) {
      if (crashes >= 3 && performance.now() - begun > budget) break;
      if (await cutAt(nth, whole)) failed += 1;
      crashes += 1;
    }
    // The last message of a connection says goodbye, and is not missed.
    expect(failed).toBeGreaterThan(crashes / 2);
    process.stdout.write(`runs: ${crashes} starts cut at one of ${statements} messages, ${failed} of them failed; 0 starts after it did\n`);
  }, 3_600_000);

  it('in the middle would leave half of it in a build that migrates without a transaction', async () => {
    const { whole, statements } = await wholeSchema();
    const found = async (nth: number): Promise<Faults> => await withStatements(apart, async () => await faultsOf(async () => await cutAt(nth, whole)));
    // Let be, it does what it should.
    expect(await found(Infinity)).toEqual([]);
    const middle = Math.round(statements / 2);
    // Between what a migration does and its name on the list of those that are done.
    const faults: Faults = [];
    for (let nth = middle; nth < middle + 5 && faults.length === 0; nth += 1) faults.push(...await found(nth));
    expect(faults).not.toEqual([]);
  }, 120_000);
});
