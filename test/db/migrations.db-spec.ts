import pg from 'pg';
import { connect, migrate, migrateDown } from '#database';
import { newId } from '#kernel';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { asOwner } from '../support/tenant-world.js';

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

  // Of an owner who is no superuser the wall hides rows, from migrations as well.
  it('count contacts, and find segments without an edit, whoever owns the tables', async () => {
    const name = `owner_${newId().slice(-12)}`;
    await asOwner(database.url, async (superuser) => {
      await superuser.query(`create role ${name} login createrole password 'plain'`);
      await superuser.query(`grant segments_app, segments_sweep to ${name} with admin option; grant create on database ${superuser.database} to ${name}; grant all on schema public to ${name}`);
      const owned = new URL(database.url);
      [owned.username, owned.password] = [name, 'plain'];
      await migrate(owned.href);
      const [tenant, segment] = [newId(), newId()];
      await superuser.query(`
        insert into tenant (id, name, created_at) values ('${tenant}', 'Acme', now());
        insert into contact (tenant_id, id, email, created_at, updated_at) select '${tenant}', gen_random_uuid(), n || '@example.com', now(), now() from generate_series(1, 3) n;
        insert into segment (tenant_id, id, name, type, status, rules, rules_version, created_by, created_at, updated_at)
        values ('${tenant}', '${segment}', 'All', 'dynamic', 'active', '{}', 1, 'somebody', now(), now());
        delete from schema_migration where name like '0024%'`);
      await migrate(owned.href);
      const { rows } = await superuser.query(`select (select sum(contacts)::int from contact_tally) as contacts, (select array_agg(segment_id) from segment_edit) as edited`);
      expect(rows).toEqual([{ contacts: 3, edited: [segment] }]);
      const { rows: bare } = await superuser.query(`
        select relname from pg_class where relrowsecurity and not relforcerowsecurity and relnamespace = 'public'::regnamespace`);
      expect(bare).toEqual([]);
      await superuser.query(`drop owned by ${name} cascade; drop role ${name}`);
    });
  });
});
