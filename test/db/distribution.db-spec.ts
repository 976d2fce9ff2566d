import pg from 'pg';
import { connect, migrate, sql } from '#database';
import { newId } from '#kernel';
import { distribute } from '../../migrations/distribution.js';
import { refusedByCitus, standInForCitus } from '../support/citus.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { SentStatements } from '../support/sent-statements.js';
import { startTestService } from '../support/service.js';
import { tenantTables } from '../support/tenant-world.js';

/** All keys to other tables, by name, and the walls: what must be after as it was before. */
async function keysAndWalls(owner: pg.Client): Promise<unknown[]> {
  return (await owner.query(`
    select conrelid::regclass::text as of, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint where contype = 'f'
    union all select relname, 'wall', concat(relrowsecurity, relforcerowsecurity) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'pg\\_%'
    order by 1, 2`)).rows;
}

interface Distributed { of: string; partmethod: string; distributed_by: string | null; colocated_with: string | null }

async function distributed(owner: pg.Client): Promise<Distributed[]> {
  return (await owner.query<Distributed>('select logicalrelid::text as of, partmethod, distributed_by, colocated_with from pg_dist_partition order by at')).rows;
}

/** Everything but Citus itself, which is stood in for. */
describe('Where Citus is', () => {
  let plain: TestDatabase;
  let database: TestDatabase;
  let owner: pg.Client;
  let expected: unknown[];

  beforeAll(async () => {
    plain = await createTestDatabase();
    const client = new pg.Client({ connectionString: plain.url });
    await client.connect();
    expected = await keysAndWalls(client);
    await client.end();
  });
  afterAll(async () => { await plain.drop(); });
  beforeEach(async () => {
    // Its roles log in, and are of the whole server.
    database = await startOwnPostgres();
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
  }, 60_000);
  afterEach(async () => {
    await owner.end();
    await database.drop();
  }, 60_000);

  it('migrating distributes every table of tenants by its tenant, beside one another, and makes `tenant` a reference', async () => {
    await owner.query(standInForCitus);
    await migrate(database.url);
    const [tenant, first, ...others] = await distributed(owner);
    expect(tenant).toEqual({ of: 'tenant', partmethod: 'n', distributed_by: null, colocated_with: null });
    expect(first).toEqual({ of: 'contact', partmethod: 'h', distributed_by: 'tenant_id', colocated_with: 'none' });
    expect(others.length).toBeGreaterThan(40);
    expect(others).toEqual(others.map(({ of }) => ({ of, partmethod: 'h', distributed_by: 'tenant_id', colocated_with: 'contact' })));
    expect([first!.of, ...others.map(({ of }) => of)].sort()).toEqual(await tenantTables(owner));
    expect(await keysAndWalls(owner)).toEqual(expected);
    const { rows } = await owner.query(`select rolname from pg_roles where rolname like 'segments\\_%' and rolcanlogin and not rolsuper and not rolbypassrls order by 1`);
    expect(rows).toEqual([{ rolname: 'segments_app' }, { rolname: 'segments_sweep' }]);
  });

  it('it is done once, and what comes later joins it', async () => {
    await owner.query(standInForCitus);
    await migrate(database.url);
    const before = await distributed(owner);
    await migrate(database.url);
    expect(await distributed(owner)).toEqual(before);
    // A migration of later: its keys come after it is distributed.
    await expect(owner.query('create table note (tenant_id uuid, segment_id uuid, primary key (tenant_id, segment_id), foreign key (tenant_id, segment_id) references segment)')).rejects.toThrow(/cannot create foreign key/);
    await owner.query(`create table note (tenant_id uuid, segment_id uuid, primary key (tenant_id, segment_id)); ${distribute}
      alter table note add foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade`);
    expect((await distributed(owner)).slice(before.length)).toEqual([{ of: 'note', partmethod: 'h', distributed_by: 'tenant_id', colocated_with: 'contact' }]);
  });

  it('a database that has rows already keeps them', async () => {
    await migrate(database.url);
    await owner.query(`insert into tenant values ('${newId()}', 'Acme', '2026-01-01')`);
    await owner.query(`insert into segment (tenant_id, id, name, type, status, created_by, created_at, updated_at) select id, id, 'All', 'static', 'active', 'x', created_at, created_at from tenant`);
    await owner.query(standInForCitus);
    await migrate(database.url);
    expect(await keysAndWalls(owner)).toEqual(expected);
    expect((await owner.query('select name from segment')).rows).toEqual([{ name: 'All' }]);
  });

  it('a key that Citus refuses leaves everything as it was', async () => {
    await migrate(database.url);
    await owner.query(standInForCitus);
    await owner.query('alter table import add constraint clears foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete set null (segment_id)');
    const before = await keysAndWalls(owner);
    await expect(migrate(database.url)).rejects.toThrow(/cannot create foreign key constraint import.clears/);
    expect(await distributed(owner)).toEqual([]);
    expect(await keysAndWalls(owner)).toEqual(before);
  });

  it('the workers are told of what holds in a transaction, each setting in a message of its own', async () => {
    const sent = SentStatements.watch();
    const heard = async (url: string): Promise<string[]> => {
      const service = await connect({ url, takeRole: true, poolSize: 1 });
      sent.messages.length = 0;
      await service.inTenant(newId(), async (tx) => {
        expect(await tx.rows(sql`select current_setting('citus.propagate_set_commands') as told`)).toEqual([{ told: 'local' }]);
      });
      await service.close();
      return sent.messages.filter((text) => text.includes('set local'));
    };
    try {
      await owner.query(standInForCitus);
      await migrate(database.url);
      expect(await heard(database.url)).toEqual([expect.stringMatching(/^set local app\.tenant_id = '[0-9a-f-]{36}'$/)]);
      expect(await heard(plain.url)).toEqual([expect.stringMatching(/^start transaction .*; set local app\.tenant_id = '[0-9a-f-]{36}'; select /)]);
    } finally {
      sent.stop();
    }
  });

  it('the service works as ever', async () => {
    await owner.query(standInForCitus);
    await migrate(database.url);
    const service = await startTestService({}, { url: database.url, drop: async () => undefined });
    try {
      const tenant = await service.tenant();
      await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'France' }, { email: 'bob@example.com' }] });
      const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', {
        name: 'France', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] },
      });
      expect((await tenant.request('POST', `/segments/${id}/refresh`, { waitSeconds: 30 })).body).toMatchObject({ status: 'succeeded' });
      expect((await tenant.request<{ items: unknown[] }>('GET', `/segments/${id}/contacts`)).body.items).toHaveLength(1);
      expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^segments_change_lag_seconds \d/m);
    } finally {
      await service.stop();
    }
  });
});

describe('The schema', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await database.drop();
  });

  it('has nothing that Citus refuses', async () => {
    expect(await refusedByCitus(owner)).toEqual([]);
  });

  it.each([
    ['alter table import add constraint clears foreign key (tenant_id, segment_id) references segment on delete set null (segment_id)', 'import: the foreign key clears clears a column or follows an update'],
    ['alter table import add constraint follows foreign key (tenant_id, segment_id) references segment on update cascade', 'import: the foreign key follows clears a column or follows an update'],
    ['create table word (id uuid primary key); alter table import add constraint aside foreign key (id) references word', 'import: the foreign key aside is to a table that is not distributed'],
    ['create table word (id uuid constraint aside references tenant)', 'word: the foreign key aside is of a table that is not distributed'],
    ['create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger own before insert on contact for each row execute function f()', 'contact: it has the trigger own'],
    ['create rule own as on delete to contact do instead nothing', 'contact: it has the rule own'],
    ['alter table contact add column n integer generated always as identity', 'contact: n counts in less than bigint'],
    ['create policy own on contact using (exists (select from tenant))', 'contact: the policy own has a subquery'],
  ])('would be refused: %s', async (breach, fault) => {
    await owner.query('begin');
    try {
      await owner.query(breach);
      expect(await refusedByCitus(owner)).toEqual([fault]);
    } finally {
      await owner.query('rollback');
    }
  });
});
