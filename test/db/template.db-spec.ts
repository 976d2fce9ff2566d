import pg from 'pg';
import { createTestDatabase } from '../support/database.js';

describe('a test database', () => {
  it('has the schema, and the role of the service, granted to the owner', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(`
      select rolcanlogin, rolbypassrls, rolsuper, pg_has_role('segments_app', 'member') as granted,
        to_regclass('contact') is not null as migrated
      from pg_roles where rolname = 'segments_app'`);
    await client.end();
    await database.drop();
    expect(rows).toEqual([{ rolcanlogin: false, rolbypassrls: false, rolsuper: false, granted: true, migrated: true }]);
  });

  it('shares nothing with its sisters', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(one.url).not.toBe(other.url);
    await Promise.all([one.drop(), other.drop()]);
  });
});
