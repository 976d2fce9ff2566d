import { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { spansAreKept } from '#kernel';
import { AnswerLimit } from './answer-limit.js';
import { Cancelling } from './cancelling.js';
import { entities } from './entities/index.js';
import { serviceRole, sweepRole } from './roles.js';
import { Database } from './database.js';
import { sendTogether } from './send-together.js';
import { showStatements } from './statement-spans.js';

export interface ConnectOptions {
  url: string;
  /** Where true, `url` is the owner's login and each connection takes on the role `segments_app`. */
  takeRole: boolean;
  poolSize?: number;
  /** The server ends a statement that has no limit of its own after so many milliseconds; 60,000 where it is not said. */
  statementLimitMs?: number;
  /** How many milliseconds a connection may take to be made, or to become free; 20,000 where it is not said. */
  connectLimitMs?: number;
}

/**
 * How statements are planned, whatever the server's own settings. What a refresh looks up lies in the cache or on a solid
 * disk: with the default of 4 for a random page, 1,000 contacts were found by reading 1.8 million members through. And
 * compiling the expressions of a hundred segments would take longer than evaluating them.
 */
const planning = '-c random_page_cost=1.1 -c jit=off';

/**
 * What makes the server look after those it works for, so that whoever is gone holds no lock for long: a process whose line was closed is
 * noticed within 10 s, in the middle of a statement as well, and a machine that fell silent, or the way to it, within three quarters of a
 * minute, whether the server waits for it or has sent it what it does not acknowledge. (By the kernel's own settings that takes two hours, or a quarter of one.)
 */
const goneAfter = '-c client_connection_check_interval=10s -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 -c tcp_user_timeout=45000';

/**
 * Citus tells the workers of `set local`, the tenant among it, only where it is told to; elsewhere the setting says nothing. It
 * tells them the whole message in which a setting came, so that there each is sent alone.
 */
const tellsWorkers = '-c citus.propagate_set_commands=local';

/**
 * Connects as the service: a role that owns nothing and that row-level security binds. Refuses to start where the
 * role could pass it, and on a PostgreSQL older than 17 (which lacks the collation that folds letter case).
 */
export async function connect(options: ConnectOptions): Promise<Database> {
  const cancelling = new Cancelling();
  const tables = new Set<string>();
  const together = { off: false };
  const { poolSize = 10, statementLimitMs = 60_000, connectLimitMs = 20_000 } = options;
  const answers = new AnswerLimit(statementLimitMs, async (processId) => (await database.outsideTenants(sql`
    select from pg_stat_activity where pid = ${processId}`)).length > 0);
  const orm = await MikroORM.init({
    clientUrl: options.url,
    entities,
    pool: { min: 0, max: poolSize },
    timezone: 'UTC',
    forceUtcTimezone: true,
    discovery: { warnWhenNoEntities: false },
    driverOptions: {
      options: `-c timezone=UTC -c statement_timeout=${statementLimitMs} ${planning} ${goneAfter} ${tellsWorkers}${options.takeRole ? ` -c role=${serviceRole}` : ''}`,
      application_name: 'contact-segments',
      connectionTimeoutMillis: connectLimitMs,
      // Asked after 10 s of silence, and given up 10 s later: Node asks once a second, ten times. A line that is gone is noticed in the middle of a long statement.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      onPoolCreated: (pool: Pool) => {
        sendTogether(pool, together);
        if (spansAreKept()) showStatements(pool, tables);
        answers.watch(pool);
        cancelling.watch(pool);
      },
    },
  });
  const database: Database = new Database(orm, cancelling, answers, poolSize);
  try {
    await refuseUnsafeRole(database);
    together.off = database.isDistributed = await hasCitus(database);
    if (spansAreKept()) for (const name of await ownTables(database)) tables.add(name);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** The names of our tables: a span names a statement by one of them, and by nothing else that stands in its text. */
async function ownTables(database: Database): Promise<string[]> {
  const rows = await database.outsideTenants<{ relname: string }>(sql`
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`);
  return rows.map(({ relname }) => relname);
}

async function hasCitus(database: Database): Promise<boolean> {
  const [citus] = await database.outsideTenants<{ present: boolean }>(sql`select to_regclass('pg_dist_partition') is not null as present`);
  return citus?.present === true;
}

async function refuseUnsafeRole(database: Database): Promise<void> {
  const [server] = await database.outsideTenants<{ version: number; role: string; bypass: boolean; owns: boolean; sweeps: boolean }>(sql`
    select current_setting('server_version_num')::int as version, current_user::text as role,
      (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as bypass,
      pg_has_role(session_user, ${sweepRole}, 'SET') as sweeps,
      exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't' and pg_get_userbyid(c.relowner) = current_user
          and n.nspname not in ('pg_catalog', 'information_schema')) as owns`);
  if (server === undefined) throw new Error('the database did not answer');
  if (server.version < 170000) throw new Error(`PostgreSQL 17 or newer is needed; this one is ${server.version}`);
  if (server.bypass) throw new Error(`the service's role "${server.role}" passes row-level security (superuser or BYPASSRLS): give it another`);
  if (!server.sweeps) throw new Error(`the service's login may not act as ${sweepRole}, which finds the tenants with work: grant ${sweepRole} to it with inherit false`);
  if (server.owns) throw new Error(`the service's role "${server.role}" owns tables: give it one that owns none`);
}
