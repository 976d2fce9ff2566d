import pg from 'pg';
import { connect, migrate } from '#database';
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

/** Test 9. The server sees of a killed process that its connections end. */
describe('A start that is killed while it migrates', () => {
  it('at each of its statements, leaves a schema that two starts at once make whole', async () => {
    const clean = await createEmptyDatabase();
    const counter = await startCuttingProxy(clean.url);
    await migrate(counter.url);
    const [whole, statements] = [await schemaOf(clean.url), counter.sent()];
    await counter.close();
    await clean.drop();
    const begun = performance.now();
    let [crashes, failed] = [0, 0];
    // Spread over all of them, so that a short run is at the beginning, the middle and the end.
    const order = Array.from({ length: statements }, (_, n) => n + 1).sort((one, other) => (one * 0.618) % 1 - (other * 0.618) % 1);
    for (const nth of order) {
      if (crashes >= 3 && performance.now() - begun > budget) break;
      const database = await createEmptyDatabase();
      const proxy = await startCuttingProxy(database.url);
      proxy.cutAt(nth);
      await migrate(proxy.url).catch(() => { failed += 1; });
      await Promise.all([migrate(database.url), migrate(database.url)]);
      expect({ nth, schema: await schemaOf(database.url) }).toEqual({ nth, schema: whole });
      await (await connect({ url: database.url, takeRole: true })).close();
      await proxy.close();
      await database.drop();
      crashes += 1;
    }
    // The last message of a connection says goodbye, and is not missed.
    expect(failed).toBeGreaterThan(crashes / 2);
    process.stdout.write(`runs: ${crashes} starts cut at one of ${statements} messages, ${failed} of them failed; 0 starts after it did\n`);
  }, 3_600_000);
});
