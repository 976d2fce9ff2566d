import { MikroORM } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import pg from 'pg';
import { distribute } from '../../../migrations/distribution.js';
import { migrations } from '../../../migrations/index.js';
import { serviceRole, sweepRole } from './roles.js';

// Any number will do, as long as it is always this one.
const migrationLock = 7_214_003;

/**
 * Brings the schema up to date as the owner, one process at a time; creates the service's roles where they are
 * missing and grants them to the owner, so that the service can take them on. Where Citus is, the tables are distributed.
 */
export async function migrate(ownerUrl: string): Promise<void> {
  await alone(ownerUrl, async (client) => {
    await withMigrator(ownerUrl, async (migrator) => { await migrator.up(); });
    await client.query(distribute);
  });
}

/** Takes back every migration. For tests of `down`: everything that the service knows is gone after it. */
export async function migrateDown(ownerUrl: string): Promise<void> {
  await alone(ownerUrl, async () => {
    await withMigrator(ownerUrl, async (migrator) => { await migrator.down({ to: 0 }); });
  });
}

async function alone(ownerUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  // Lost while another connection works, it would end the process without a word; whoever asks it next hears of it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    // Said here and not by the first statement that an older server does not understand.
    const { rows: [server] } = await client.query<{ version: number }>(`select current_setting('server_version_num')::int as version`);
    if (server !== undefined && server.version < 170000) throw new Error(`PostgreSQL 17 or newer is needed; this one is ${server.version}`);
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await makeRole(client, serviceRole, '');
    // Inherited, its policies would be the owner's as well.
    await makeRole(client, sweepRole, 'with inherit false');
    await work(client);
  } finally {
    await client.end();
  }
}

async function makeRole(client: pg.Client, role: string, how: string): Promise<void> {
  await client.query(`do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then
      create role ${role} nologin nobypassrls;
    end if;
  exception when duplicate_object or unique_violation then null; -- another database of the cluster was quicker
  end $$`);
  // Whoever may take it on already need not be one who may grant it.
  await client.query(`do $$ begin
    if not pg_has_role(current_user, '${role}', 'SET') then grant ${role} to current_user ${how}; end if;
  end $$`);
}

async function withMigrator(ownerUrl: string, work: (migrator: Migrator) => Promise<void>): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: ownerUrl,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    migrations: {
      tableName: 'schema_migration', migrationsList: migrations, snapshot: false, allOrNothing: true, disableForeignKeys: false,
      silent: true,
    },
  });
  try {
    await work(orm.migrator as Migrator);
  } catch (error) {
    // Not waited for: a session that was lost in the middle is never given back to the pool, and the start would hang.
    orm.close(true).catch(() => undefined);
    throw error;
  }
  await orm.close(true);
}
