import type { EntityManager } from '@mikro-orm/postgresql';
import { isUuid, tooComplex } from '#kernel';
import { type Kysely, type QueryResult, sql, type RawBuilder } from 'kysely';

export { sql };
/** A piece of SQL with its bound values. */
export type Sql = RawBuilder<unknown>;

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

/** The server process that serves the transaction. */
export async function processOf(tx: TenantStatements): Promise<number> {
  return (await tx.row<{ pid: number }>(sql`select pg_backend_pid() as pid`))?.pid ?? 0;
}

/**
 * The tenant's id is the one value that may stand in SQL text, after it was parsed as a UUID: `set local` takes no
 * parameters, and set_config() does not reach the workers of a distributed database.
 */
export function setTenant(tenantId: string): Sql {
  if (!isUuid(tenantId)) throw new Error('a tenant id is a UUID');
  return sql`set local app.tenant_id = ${sql.lit(tenantId.toLowerCase())}`;
}

export function setStatementTimeout(ms: number): Sql {
  return sql`set local statement_timeout = ${sql.lit(Math.round(ms))}`;
}
