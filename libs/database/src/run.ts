import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { isUuid, tookTooLong, tooComplex } from '#kernel';
import { type Kysely, type QueryResult, sql, type RawBuilder } from 'kysely';
import type { AnswerLimit } from './answer-limit.js';
import type { Cancelling } from './cancelling.js';
import { ConnectionShares, type Use } from './connection-shares.js';
import { sweepRole } from './roles.js';

export { sql };
/** A piece of SQL with its bound values. */
export type Sql = RawBuilder<unknown>;

type Orm = MikroORM;

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read';
  readOnly?: boolean;
  /** The server ends a statement that runs longer; without it, one that passes the usual limit. */
  statementTimeoutMs?: number;
  /** What it keeps its connection for, where that is for longer than a moment; `work` where its statements have a limit of their own. */
  use?: Use;
  /** Where it is aborted, the statement that runs is ended and `work` rejects with the signal's reason. */
  signal?: AbortSignal;
}

type Executor = Pick<Kysely<unknown>, 'getExecutor' | 'executeQuery'>;

/** PostgreSQL counts a statement's values in 16 bits. The driver sends more all the same, and the server takes the line for broken. */
const mostParameters = 65_535;

/**
 * Sends statements of one tenant, on one session in which `app.tenant_id` is set, so that row-level security shows that
 * tenant's rows only.
 */
export class TenantStatements {
  constructor(
    readonly tenantId: string,
    private readonly executor: () => Executor,
    private readonly signal?: AbortSignal,
  ) {}

  /** Runs a statement; its rows. Instants come as text of PostgreSQL: read them with `instantOf`. */
  async rows<Row>(statement: Sql): Promise<Row[]> {
    const { rows } = await this.#send(statement);
    return rows as Row[];
  }

  /** The first row, or `undefined`. */
  async row<Row>(statement: Sql): Promise<Row | undefined> {
    return (await this.rows<Row>(statement))[0];
  }

  /** From here on, to the end of the transaction or back to the savepoint, the server ends a statement that runs longer. */
  async limitStatements(ms: number): Promise<void> {
    await this.rows(setStatementTimeout(ms));
  }

  /** To the end of the transaction, statements may sort and hash sets of contacts in memory: with the default of 4 MB they go to disk. */
  async giveMemory(): Promise<void> {
    await this.rows(sql`set local work_mem = '64MB'`);
  }

  /** Runs a statement that writes; how many rows it touched. */
  async write(statement: Sql): Promise<number> {
    const { numAffectedRows } = await this.#send(statement);
    return Number(numAffectedRows ?? 0n);
  }

  async #send(statement: Sql): Promise<QueryResult<unknown>> {
    this.signal?.throwIfAborted();
    const executor = this.executor();
    const query = statement.compile(executor);
    if (query.parameters.length > mostParameters) throw tooComplex();
    return await executor.executeQuery(query);
  }
}

/** One transaction of one tenant. `em` is its own entity manager, made where it is asked for: many transactions send statements only. */
export class TenantTransaction extends TenantStatements {
  #em: EntityManager | null = null;

  constructor(
    tenantId: string,
    executor: () => Executor,
    private readonly makeEm: () => EntityManager,
    signal?: AbortSignal,
  ) {
    super(tenantId, executor, signal);
  }

  get em(): EntityManager {
    this.#em ??= this.makeEm();
    return this.#em;
  }

  /** Writes what was changed of entities. */
  async flush(): Promise<void> {
    await this.#em?.flush();
  }
}

/** A connection held for a tenant's refresh cycle: a lock of the session, then any number of transactions. */
export class TenantSession {
  constructor(
    readonly tenantId: string,
    private readonly connection: Kysely<unknown>,
    private readonly answers: AnswerLimit,
    private readonly cancelling: Cancelling,
  ) {}

  /**
   * Renews the planner's statistics of the tables that have changed by more than a tenth since they were last renewed.
   * Of a tenant that the statistics do not know the planner expects one row, and a nested loop over a hundred thousand
   * is the result: a first load would wait minutes for autovacuum. A table that somebody else analyses is left to them.
   */
  async renewStatistics(tables: readonly string[]): Promise<void> {
    // What this session wrote last is told within a second, or at once where it is asked to.
    await sql`select pg_stat_force_next_flush()`.execute(this.connection);
    const { rows } = await sql<{ relname: string }>`
      select relname from pg_stat_user_tables where schemaname = 'public' and relname = any(${[...tables]}::text[])
        and n_mod_since_analyze > 1000 + 0.1 * n_live_tup`.execute(this.connection);
    for (const { relname } of rows) await sql`analyze (skip_locked) ${sql.table(relname)}`.execute(this.connection);
  }

  /** A repeatable-read transaction: one snapshot, taken after whatever was locked before. Where the signal is aborted, what it runs is ended, and it rejects with the signal's reason. */
  async snapshot<T>(work: (tx: TenantStatements) => Promise<T>, statementTimeoutMs: number, signal?: AbortSignal): Promise<T> {
    const transaction = this.connection.transaction().setIsolationLevel('repeatable read');
    return await this.answers.within(statementTimeoutMs, async () => await transaction.execute(async (trx) => {
      const tx = new TenantStatements(this.tenantId, () => trx, signal);
      await tx.rows(setTenant(this.tenantId));
      await tx.rows(setStatementTimeout(statementTimeoutMs));
      // One cycle of a tenant at a time, so that it is no more than that.
      await tx.giveMemory();
      return await this.cancelling.unlessAborted(signal, async () => await processOf(tx), async () => await work(tx));
    }));
  }
}

/** For statements over everything that a tenant has, which nobody waits for at the other end of a line: the server ends them after this. */
export const longStatementMs = 10 * 60_000;

/** A worker that sends nothing for so long is taken for gone, whatever else a statement may take: within two minutes its refresh is another's. */
const frozenMs = 60_000;

/** Nobody waits longer for an answer that is computed while they do. */
const interactiveLimitMs = 30_000;

/** The only place that opens transactions and sends SQL. */
export class Database {
  /** Whether tables lie on several servers (Citus), of which a statement over all tenants asks each: not all SQL can be asked so. */
  isDistributed = false;
  readonly #kysely: Kysely<unknown>;
  readonly #shares: ConnectionShares;
  readonly #interactiveLimitMs: number;

  constructor(
    readonly orm: Orm,
    private readonly cancelling: Cancelling,
    private readonly answers: AnswerLimit,
    poolSize: number,
  ) {
    this.#kysely = orm.em.fork().getKysely<unknown>();
    this.#interactiveLimitMs = Math.min(interactiveLimitMs, answers.usualMs);
    this.#shares = new ConnectionShares({ poolSize, readingWaitMs: this.#interactiveLimitMs, workWaitMs: longStatementMs });
  }

  /**
   * Runs `work` in a transaction of the tenant; commits when it resolves, rolls back when it rejects. One that keeps its
   * connection waits until it may. Not to be called from within another that keeps one: it would wait for itself.
   */
  async inTenant<T>(
    tenantId: string, work: (tx: TenantTransaction) => Promise<T>, options: TransactionOptions = {},
  ): Promise<T> {
    const use = options.use ?? (options.statementTimeoutMs === undefined ? null : 'work');
    if (use === null) return await this.transact(tenantId, work, options);
    return await this.#shares.keep(use, tenantId, async () => await this.transact(tenantId, work, options), options.signal);
  }

  /** How many connections of the pool are kept for longer than a moment. */
  connectionsKept(use: Use): number {
    return this.#shares.kept(use);
  }

  private async transact<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>, options: TransactionOptions): Promise<T> {
    if (!isUuid(tenantId)) throw new Error('a tenant id is a UUID');
    // Not em.transactional(): where the server ends the session, its rollback fails and the connection is never given
    // back (a controlled transaction of Kysely releases it after a successful one only); ten of these hang the pool.
    const transaction = this.#kysely.transaction()
      .setIsolationLevel(options.isolation ?? 'read committed').setAccessMode(options.readOnly === true ? 'read only' : 'read write');
    return await this.answers.within(options.statementTimeoutMs, async () => await transaction.execute(async (trx) => {
      const tx = new TenantTransaction(tenantId, () => trx, () => {
        const em = this.orm.em.fork();
        em.setFilterParams('tenant', { tenantId });
        em.setTransactionContext(trx);
        return em;
      }, options.signal);
      await tx.rows(setTenant(tenantId));
      if (options.statementTimeoutMs !== undefined) {
        await tx.rows(setStatementTimeout(options.statementTimeoutMs));
        // Whoever waits that long asks whether the session is there: one whose line is gone must end.
        if (options.statementTimeoutMs > this.answers.usualMs) await tx.rows(sql`set local idle_in_transaction_session_timeout = ${sql.lit(this.answers.usualMs)}`);
      }
      const result = await this.cancelling.unlessAborted(options.signal, async () => await processOf(tx), async () => await work(tx));
      await tx.flush();
      return result;
    }));
  }

  /**
   * Reads what only statements over sets can answer: one snapshot for all of them. Together they have the limit of an
   * interactive answer, from when there is a connection; they are ended as well where the signal is aborted. What passes
   * the limit is a 503, and so is what gets no connection in time.
   */
  async inSnapshot<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#shares.keep('question', tenantId, async () => {
      const late = new AbortController();
      const timer = setTimeout(() => { late.abort(tookTooLong()); }, this.#interactiveLimitMs);
      try {
        return await this.transact(tenantId, work, {
          isolation: 'repeatable read', readOnly: true, statementTimeoutMs: this.#interactiveLimitMs,
          signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
        });
      } finally {
        clearTimeout(timer);
      }
    }, signal);
  }

  /**
   * Runs `work` on one connection that holds the tenant's cycle lock. The lock is a statement of its own, outside and
   * before any transaction: a repeatable-read snapshot taken first would be older than the lock. `null` where another
   * worker holds it. A session that sends nothing for `frozenAfterMs`, by default as long as a usual statement may take and a minute at most, is
   * ended by the server, so that a worker that was stopped in the middle, and wakes up later, finds its transaction gone and
   * another at work. It waits until it may keep a connection, or the signal is aborted.
   */
  async inCycle<T>(
    tenantId: string, work: (session: TenantSession) => Promise<T>, { frozenAfterMs = Math.min(this.answers.usualMs, frozenMs), signal }: { frozenAfterMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T | null> {
    if (!isUuid(tenantId)) throw new Error('a tenant id is a UUID');
    return await this.#shares.keep('work', tenantId, async () => await this.cycle(tenantId, work, frozenAfterMs), signal);
  }

  private async cycle<T>(tenantId: string, work: (session: TenantSession) => Promise<T>, frozenAfterMs: number): Promise<T | null> {
    const key = BigInt.asIntN(64, BigInt(`0x${tenantId.replaceAll('-', '').slice(16)}`)).toString();
    return await this.answers.within(undefined, async () => await this.#kysely.connection().execute(async (connection) => {
      const { rows: [lock] } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}::bigint) as taken`.execute(connection);
      if (lock?.taken !== true) return null;
      // A worker that is frozen holds the lock of a session that does nothing: the server itself ends it.
      // One that is gone is noticed in the middle of a statement as well: by its closed line, or by the silence of its machine.
      const watched = { ...goneAfter, idle_session_timeout: String(frozenAfterMs), idle_in_transaction_session_timeout: String(frozenAfterMs) };
      await sql`select ${settings(watched)}`.execute(connection);
      try {
        return await work(new TenantSession(tenantId, connection, this.answers, this.cancelling));
      } finally {
        await sql`select pg_advisory_unlock(${key}::bigint), ${settings(Object.fromEntries(Object.keys(watched).map((name) => [name, '0'])))}`.execute(connection);
      }
    }));
  }

  /** Runs a statement outside any tenant: the table `tenant` and health checks only. */
  async outsideTenants<Row>(statement: Sql): Promise<Row[]> {
    const { rows } = await this.answers.within(undefined, async () => await statement.execute(this.#kysely));
    return rows as Row[];
  }

  /** Runs a SELECT over all tenants as the sweep's role, which sees of them who has work and in which zone its days end, and nothing else. */
  async acrossTenants<Row>(statement: Sql): Promise<Row[]> {
    return await this.answers.within(undefined, async () => await this.#kysely.transaction().setAccessMode('read only').execute(async (trx) => {
      await sql`set local role ${sql.id(sweepRole)}`.execute(trx);
      const { rows } = await statement.execute(trx);
      return rows as Row[];
    }));
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }
}

async function processOf(tx: TenantStatements): Promise<number> {
  return (await tx.row<{ pid: number }>(sql`select pg_backend_pid() as pid`))?.pid ?? 0;
}

/** What makes the server look after a worker while it computes for it: 10 s for a process, three quarters of a minute for a machine; and no transaction of a cycle is longer than its statements together may be. Zero is the server's own setting, or none. */
const goneAfter = { client_connection_check_interval: '10s', tcp_keepalives_idle: '15', tcp_keepalives_interval: '10', tcp_keepalives_count: '3', transaction_timeout: '30min' } as const;

/** Of the session, to be selected. */
function settings(of: Readonly<Record<string, string>>): Sql {
  return sql.join(Object.entries(of).map(([name, value]) => sql`set_config(${name}, ${value}, false)`));
}

/**
 * The tenant's id is the one value that may stand in SQL text, after it was parsed as a UUID: `set local` takes no
 * parameters, and set_config() does not reach the workers of a distributed database.
 */
function setTenant(tenantId: string): Sql {
  if (!isUuid(tenantId)) throw new Error('a tenant id is a UUID');
  return sql`set local app.tenant_id = ${sql.lit(tenantId.toLowerCase())}`;
}

function setStatementTimeout(ms: number): Sql {
  return sql`set local statement_timeout = ${sql.lit(Math.round(ms))}`;
}

/** A `timestamptz` of a raw row as a date; the session's time zone is UTC. */
export function instantOf(value: string | Date): Date {
  return value instanceof Date ? value : new Date(value.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

/** The same where the column may be null. */
export function instantOrNull(value: string | Date | null): Date | null {
  return value === null ? null : instantOf(value);
}
