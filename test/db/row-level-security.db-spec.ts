import pg from 'pg';
import { connect, type Database, sql, type TenantTransaction } from '#database';
import { newId } from '#kernel';
import { type Faults, faultsOf, withStatements } from '../support/broken-build.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { faultsBudget as budget } from '../support/runs.js';
import { wallFaults } from '../support/wall-faults.js';

describe('Row-level security', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let service: Database;
  let tables: Table[];
  const [a, b] = [newId(), newId()];

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    tables = await readTables(owner);
    // A pool of one: whatever a transaction leaves behind, the next one gets.
    service = await connect({ url: database.url, takeRole: true, poolSize: 1 });
  });
  afterAll(async () => {
    await service.close();
    await owner.end();
    await database.drop();
  });

  describe('in the catalogue', () => {
    it('stands on every table of tenants, and every key begins with the tenant', async () => {
      expect(await wallFaults(owner)).toEqual([]);
    });

    it.each([
      ['alter table contact disable row level security', 'contact: row-level security is not enabled'],
      ['alter table contact no force row level security', 'contact: row-level security is not forced'],
      ['drop policy tenant_wall on contact', 'contact: its policies are not the one of all tables'],
      ['create policy open on contact using (true)', 'contact: its policies are not the one of all tables'],
      ['create table note (tenant_id uuid not null, id uuid, primary key (tenant_id, id))', 'note: row-level security is not enabled'],
      ['create table note (id uuid primary key)', 'note: it has no tenant_id'],
      ['create unique index email_alone on contact (email)', 'contact: the unique index email_alone does not begin with tenant_id'],
      ['alter table contact add constraint id_alone unique (id)', 'contact: the unique index id_alone does not begin with tenant_id'],
      ['create table note (tenant_id uuid, id uuid, primary key (id, tenant_id))', 'note: the unique index note_pkey does not begin with tenant_id'],
      ['create table note (tenant_id uuid not null, id uuid)', 'note: it has no primary key'],
      ['create table note (tenant_id uuid, id uuid)', 'note: its tenant_id is not a uuid that is always there'],
      ['create table note (tenant_id text, id uuid, primary key (tenant_id, id))', 'note: its tenant_id is not a uuid that is always there'],
      ['alter table contact add constraint one_name exclude (first_name with =)', 'contact: the unique index one_name does not begin with tenant_id'],
      ['alter table segment_link add constraint of_a_tenant foreign key (segment_id) references tenant (id)', 'segment_link: the foreign key of_a_tenant does not begin with tenant_id'],
      ['create unique index turned on contact (id, tenant_id); create table note (tenant_id uuid primary key, id uuid, constraint turned foreign key (tenant_id, id) references contact (id, tenant_id))',
        'note: the foreign key turned does not begin with tenant_id'],
      ['create table note (tenant_id uuid, segment_id uuid, id uuid unique); alter table note add foreign key (id) references note (id)', 'note: the foreign key note_id_fkey does not begin with tenant_id'],
      ['alter table contact owner to segments_app', 'contact: its owner is the service\'s role'],
      ['alter role segments_app bypassrls', 'the service\'s role passes row-level security'],
      ['grant truncate on contact to segments_app', 'contact: the service\'s role may truncate or reference it'],
      ['create view everybody as select * from contact', 'everybody: a view that runs as its owner'],
      ['create function leak() returns bigint language sql security definer as $$ select count(*) from contact $$', 'leak: a function that runs as its owner'],
      ['create schema aside', 'aside: a schema that nobody expects'],
    ])('would be missed: %s', async (breach, fault) => {
      await owner.query('begin');
      try {
        await owner.query(breach);
        expect(await wallFaults(owner)).toContain(fault);
      } finally {
        await owner.query('rollback');
      }
    });
  });

  describe('alone, whatever a statement says', () => {
    beforeAll(async () => {
      // Rows need be of the right tenant only: checks and references are out of the way.
      await owner.query('set session_replication_role = replica');
      for (const table of tables) await dropChecks(owner, table.name);
      for (const table of tables) for (const tenant of [a, b, b]) await owner.query(insertText(table, tenant));
    });

    it('shows a tenant its own rows', async () => {
      const shown = await service.inTenant(a, async (tx) => await tenantsIn(tx, tables));
      expect(shown).toEqual(Object.fromEntries(tables.map(({ name }) => [name, [a]])));
    });

    it('shows nothing without a tenant, also on a session that had one before', async () => {
      for (const { name } of tables) {
        expect(await service.outsideTenants(sql`select 1 from ${sql.table(name)}`)).toEqual([]);
      }
    });

    it('changes and deletes no row of another', async () => {
      const before = await countOf(owner, tables, b);
      await service.inTenant(a, async (tx) => {
        for (const { name } of tables) {
          expect({ name, written: await tx.write(sql`update ${sql.table(name)} set tenant_id = tenant_id`) }).toEqual({ name, written: 1 });
        }
        for (const { name } of [...tables].reverse()) await tx.write(sql`delete from ${sql.table(name)} where tenant_id = ${b}::uuid`);
      });
      expect(await countOf(owner, tables, b)).toEqual(before);
    });

    it('refuses to make a row for another, or to hand one over', async () => {
      for (const table of tables) {
        await expect(service.inTenant(a, async (tx) => { await tx.write(sql.raw(insertText(table, b))); })).rejects.toMatchObject({ code: '42501' });
        await expect(service.inTenant(a, async (tx) => { await tx.write(sql`update ${sql.table(table.name)} set tenant_id = ${b}::uuid`); }))
          .rejects.toMatchObject({ code: '42501' });
      }
    });
  });

  describe('on a pool of one connection', () => {
    const rounds = budget < 25_000 ? 400 : 10_000;
    const seen = async (tx: TenantTransaction): Promise<unknown[]> => await tx.rows<{ tenant_id: string }>(sql`select distinct tenant_id from contact`);
    const endings: readonly ((tx: TenantTransaction) => Promise<unknown>)[] = [
      async () => undefined,
      async (tx) => await tx.rows(sql`select 1 / 0`),
      async () => { throw new Error('somewhere in the work'); },
      async (tx) => await tx.rows(sql`insert into contact (tenant_id, id) values (${newId()}::uuid, ${newId()}::uuid)`),
      async (tx) => { await tx.rows(sql`set local statement_timeout = 1`); await tx.rows(sql`select pg_sleep(1)`); },
      async (tx) => { await tx.rows(sql`savepoint s`); await tx.rows(sql`rollback to savepoint s`); },
    ];

    /** Whoever asked goes away in the middle of a statement. Rarer than the others: that the server ended it is looked for each 50 ms. */
    const abandoned = async (tenant: string, work: (tx: TenantTransaction) => Promise<void>): Promise<void> => {
      const leaving = new AbortController();
      await service.inTenant(tenant, async (tx) => {
        await work(tx);
        const asleep = tx.rows(sql`select pg_sleep(10)`);
        leaving.abort();
        await asleep;
      }, { signal: leaving.signal });
    };

    /** Two tenants in turn, so many times: each sees its own rows, and nobody any between them. */
    const takeTurns = async (times: number): Promise<void> => {
      for (let round = 0; round < times; round += 1) {
        const tenant = [a, b][round % 2] ?? a;
        const ending = endings[round % endings.length] ?? endings[0]!;
        const look = async (tx: TenantTransaction): Promise<void> => { expect(await seen(tx)).toEqual([{ tenant_id: tenant }]); };
        await (round % 50 === 49 ? abandoned(tenant, look) : service.inTenant(tenant, async (tx) => {
          await look(tx);
          await ending(tx);
        })).catch((error: unknown) => { if ((error as { matcherResult?: unknown }).matcherResult !== undefined) throw error; });
        const [left] = await service.outsideTenants<{ tenant: string; rows: string; timeout: string }>(
          sql`select coalesce(current_setting('app.tenant_id', true), '') as tenant, (select count(*) from contact) as rows, current_setting('statement_timeout') as timeout`);
        expect(left).toEqual({ tenant: '', rows: '0', timeout: '1min' });
      }
    };

    it('leaves nothing of a tenant to the next, whatever way its transaction ended', async () => {
      await takeTurns(rounds);
      process.stdout.write(`runs: residue ${rounds} transactions on one connection\n`);
    }, 300_000);

    it('serves tenants that want it at once one after the other, each its own', async () => {
      const shown = await Promise.all(Array.from({ length: 100 }, async (_, at) => {
        const tenant = [a, b][at % 2] ?? a;
        return await service.inTenant(tenant, async (tx) => ({ tenant, seen: await seen(tx) }));
      }));
      expect(shown.filter(({ tenant, seen: rows }) => JSON.stringify(rows) !== JSON.stringify([{ tenant_id: tenant }]))).toEqual([]);
    });

    it('would leave a tenant to the next in a build that sets it for the session', async () => {
      const forTheSession = (text: string): string => text.replaceAll('set local app.tenant_id', 'set app.tenant_id');
      const found = async (): Promise<Faults> => await faultsOf(async () => { await takeTurns(endings.length); });
      expect(await found()).toEqual([]);
      expect(await withStatements(forTheSession, found)).toEqual([expect.stringContaining(a)]);
      await service.outsideTenants(sql`reset app.tenant_id`);
      expect(await found()).toEqual([]);
    });
  });
});

interface Table {
  name: string;
  columns: { name: string; type: string }[];
}

async function readTables(owner: pg.Client): Promise<Table[]> {
  const { rows } = await owner.query<Table>(`
    select c.relname as name, json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    group by c.relname having bool_or(a.attname = 'tenant_id') order by 1`);
  return rows;
}

async function dropChecks(owner: pg.Client, table: string): Promise<void> {
  const { rows } = await owner.query<{ name: string }>(`select conname as name from pg_constraint where contype = 'c' and conrelid = $1::regclass`, [table]);
  for (const { name } of rows) await owner.query(`alter table ${table} drop constraint ${pg.escapeIdentifier(name)}`);
}

/** Something of each type; a type that is not here yet makes the test fail, and a row is added. */
const something: Readonly<Record<string, () => string>> = {
  uuid: () => newId(), text: () => newId(), bytea: () => `\\x${newId().replaceAll('-', '')}`, boolean: () => 'true', integer: () => '1', bigint: () => '1',
  'double precision': () => '1', numeric: () => '1', date: () => '2026-03-01', 'timestamp with time zone': () => '2026-03-01T00:00:00Z',
  jsonb: () => '{}', json: () => '{}', 'text[]': () => '{}', 'uuid[]': () => '{}', smallint: () => '1',
};

function insertText({ name, columns }: Table, tenant: string): string {
  const values = columns.map(({ name: column, type }) => {
    const make = something[type];
    if (make === undefined) throw new Error(`${name}.${column}: no value of type ${type} is known here`);
    return `${pg.escapeLiteral(column === 'tenant_id' ? tenant : make())}::${type}`;
  });
  const oneAtMost = ['tenant_secret', 'campaign_settings', 'analytics_state'].includes(name) ? ' on conflict do nothing' : '';
  return `insert into ${name} (${columns.map(({ name: column }) => pg.escapeIdentifier(column)).join(', ')}) values (${values.join(', ')})${oneAtMost}`;
}

async function tenantsIn(tx: TenantTransaction, tables: readonly Table[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await tx.rows<{ tenant_id: string }>(sql`select distinct tenant_id from ${sql.table(name)}`);
    found[name] = rows.map((row) => row.tenant_id);
  }
  return found;
}

async function countOf(owner: pg.Client, tables: readonly Table[], tenant: string): Promise<Record<string, string>> {
  const counts: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await owner.query<{ count: string }>(`select count(*) as count from ${name} where tenant_id = $1`, [tenant]);
    counts[name] = rows[0]?.count ?? '';
  }
  return counts;
}
