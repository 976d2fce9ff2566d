import pg from 'pg';
import { connect, type Database, sql } from '#database';
import { newId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('The pool', () => {
  let database: TestDatabase;
  let service: Database;
  let killer: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await connect({ url: database.url, takeRole: true, poolSize: 3 });
    killer = new pg.Client({ connectionString: database.url });
    await killer.connect();
  });
  afterAll(async () => {
    await killer.end();
    await service.close();
    await database.drop();
  });

  // A transaction whose rollback failed kept its connection: the tenth terminated session hung the service for ever.
  it('gets back the connection of every session that the server ended', async () => {
    for (let n = 0; n < 8; n += 1) {
      const cut = service.inTenant(newId(), async (tx) => {
        const session = await tx.row<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        await killer.query('select pg_terminate_backend($1, 5000)', [session?.pid]);
        await tx.rows(sql`select 1`);
      });
      await expect(cut).rejects.toThrow();
    }
    expect(await service.inTenant(newId(), async (tx) => await tx.rows(sql`select 1 as one`))).toEqual([{ one: 1 }]);
  });
});
