import type { MikroORM } from '@mikro-orm/postgresql';
import { isUuid, stopping, tookTooLong } from '#kernel';
import { CompiledQuery, type Kysely } from 'kysely';
import type { AnswerLimit } from './answer-limit.js';
import type { Cancelling } from './cancelling.js';
import { ConnectionShares, type Use } from './connection-shares.js';
import { sweepRole } from './roles.js';
import { statementText } from './statement-text.js';
import { processOf, setStatementTimeout, setTenant, type Sql, sql, TenantTransaction } from './statements.js';
import { TenantSession } from './tenant-session.js';

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
  readonly #underWay = new Set<Promise<unknown>>();
  #closing = false;

  constructor(
    readonly orm: MikroORM,
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
    return await this.send(options.statementTimeoutMs, async () => await transaction.execute(async (trx) => {
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
   * What statements find of a tenant, the rows of each, sent as one message with the tenant's setting: the server takes a message
   * for a transaction, and none is committed in another. For what is asked often, by ids and whole numbers only: see `statementText`.
   */
  async find<Rows extends readonly unknown[]>(tenantId: string, ...statements: { [Index in keyof Rows]: Sql }): Promise<{ [Index in keyof Rows]: Rows[Index][] }> {
    if (this.isDistributed) {
      return await this.inTenant(tenantId, async (tx) => {
        const found: unknown[][] = [];
        for (const statement of statements) found.push(await tx.rows(statement));
        return found as { [Index in keyof Rows]: Rows[Index][] };
      });
    }
    const message = [setTenant(tenantId), ...statements].map(statementText).join('; ');
    const { rows } = await this.send(undefined, async () => await this.#kysely.executeQuery(CompiledQuery.raw(message)));
    return rows as { [Index in keyof Rows]: Rows[Index][] };
  }

  /**
   * Reads what only statements over sets can answer: one snapshot for all of them. Together they have the limit of an
   * interactive answer, the tenant's own where an operator set one, from when there is a connection; they are ended as well where the signal is aborted. What passes
   * the limit is a 503, and so is what gets no connection in time.
   */
  async inSnapshot<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#shares.keep('question', tenantId, async () => {
      const limitMs = await this.answerLimitOf(tenantId);
      const late = new AbortController();
      const timer = setTimeout(() => { late.abort(tookTooLong()); }, limitMs);
      try {
        return await this.transact(tenantId, work, {
          isolation: 'repeatable read', readOnly: true, statementTimeoutMs: limitMs,
          signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
        });
      } finally {
        clearTimeout(timer);
      }
    }, signal);
  }

  /** What an operator set for the tenant, or what everybody has. */
  private async answerLimitOf(tenantId: string): Promise<number> {
    const [[tenant]] = await this.find<[{ answer_seconds: number | null }]>(tenantId, sql`select answer_seconds from tenant where id = ${tenantId}::uuid`);
    return tenant?.answer_seconds == null ? this.#interactiveLimitMs : tenant.answer_seconds * 1000;
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
    return await this.send(undefined, async () => await this.#kysely.connection().execute(async (connection) => {
      // A worker that is frozen holds the lock of a session that does nothing: the server itself ends it. With the lock, so that nobody ever
      // has it unwatched.
      const watched = { transaction_timeout: longestTransaction, idle_session_timeout: String(frozenAfterMs), idle_in_transaction_session_timeout: String(frozenAfterMs) };
      const unwatched = settings(Object.fromEntries(Object.keys(watched).map((name) => [name, '0'])));
      const { rows: [lock] } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}::bigint) as taken, ${settings(watched)}`.execute(connection);
      if (lock?.taken !== true) {
        await sql`select ${unwatched}`.execute(connection);
        return null;
      }
      try {
        return await work(new TenantSession(tenantId, connection, this.answers, this.cancelling));
      } finally {
        await sql`select pg_advisory_unlock(${key}::bigint), ${unwatched}`.execute(connection);
      }
    }));
  }

  /** Runs a statement outside any tenant: the table `tenant` and health checks only. */
  async outsideTenants<Row>(statement: Sql): Promise<Row[]> {
    const { rows } = await this.send(undefined, async () => await statement.execute(this.#kysely));
    return rows as Row[];
  }

  /** Runs a SELECT over all tenants as the sweep's role, which sees of them who has work and in which zone its days end, and nothing else. */
  async acrossTenants<Row>(statement: Sql): Promise<Row[]> {
    return await this.send(undefined, async () => await this.#kysely.transaction().setAccessMode('read only').execute(async (trx) => {
      await sql`set local role ${sql.id(sweepRole)}`.execute(trx);
      const { rows } = await statement.execute(trx);
      return rows as Row[];
    }));
  }

  /**
   * Takes nothing new, and ends its connections when what is under way has ended. Not before: one that is being made while the pool ends
   * is never given back (Kysely 0.29), and the pool would wait for it for ever.
   */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#underWay);
    await this.orm.close(true);
  }

  /** Whatever uses a connection goes through here, with the limit of its statements in milliseconds; without a number, of the usual ones. */
  private async send<T>(statementMs: number | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw stopping();
    const sent = this.answers.within(statementMs, work);
    this.#underWay.add(sent);
    try {
      return await sent;
    } finally {
      this.#underWay.delete(sent);
    }
  }
}

/** No transaction of a cycle is longer than its statements together may be. */
const longestTransaction = '30min';

/** Of the session, to be selected. */
function settings(of: Readonly<Record<string, string>>): Sql {
  return sql.join(Object.entries(of).map(([name, value]) => sql`set_config(${name}, ${value}, false)`));
}
