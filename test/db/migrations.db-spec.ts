import pg from 'pg';
import { connect, migrate, migrateDown } from '#database';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

describe('Migrations', () => {
  let database: TestDatabase;

  beforeEach(async () => { database = await createEmptyDatabase(); });
  afterEach(async () => { await database.drop(); });

  const tables = async (): Promise<string[]> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ table_name: string }>(`select table_name from information_schema.tables where table_schema = 'public' order by 1`);
    await client.end();
    return rows.map((row) => row.table_name);
  };

  it('go up, down and up again, and leave nothing behind', async () => {
    await migrate(database.url);
    const whole = await tables();
    expect(whole).toContain('segment_member');
    await migrateDown(database.url);
    expect((await tables()).filter((name) => name !== 'schema_migration')).toEqual([]);
    await migrate(database.url);
    expect(await tables()).toEqual(whole);
  });

  it('are made once where several processes start at the same time', async () => {
    await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(await tables()).toContain('segment_member');
  });

  it('are refused to a service that would run as the owner of the tables', async () => {
    await migrate(database.url);
    await expect(connect({ url: database.url, takeRole: false })).rejects.toThrow(/row-level security|owns tables/);
  });
});
