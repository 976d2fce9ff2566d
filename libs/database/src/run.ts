import type { EntityManager, IsolationLevel, MikroORM } from '@mikro-orm/postgresql';
import { isUuid } from '#kernel';
import { sql, type RawBuilder } from 'kysely';

export { sql };
/** A piece of SQL with its bound values. */
export type Sql = RawBuilder<unknown>;

type Orm = MikroORM;

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read';
  readOnly?: boolean;
  /** The server ends a statement that runs longer. */
  statementTimeoutMs?: number;
}

/**
 * One transaction of one tenant. Every statement in it runs on one session in which `app.tenant_id` is set, so that
 * row-level security shows that tenant's rows only. `em` is the transaction's own entity manager.
 */
export class TenantTransaction {
  constructor(
    readonly tenantId: string,
    readonly em: EntityManager,
  ) {}

  /** Runs a statement; its rows. Instants come as text of PostgreSQL: read them with `instantOf`. */
  async rows<Row>(statement: Sql): Promise<Row[]> {
    const { rows } = await statement.execute(this.em.getKysely());
    return rows as Row[];
  }

  /** The first row, or `undefined`. */
  async row<Row>(statement: Sql): Promise<Row | undefined> {
    return (await this.rows<Row>(statement))[0];
  }

  /** Runs a statement that writes; how many rows it touched. */
  async write(statement: Sql): Promise<number> {
    const { numAffectedRows } = await statement.execute(this.em.getKysely());
    return Number(numAffectedRows ?? 0n);
  }
}

/** The only place that opens transactions and sends SQL. */
export class Database {
  constructor(readonly orm: Orm) {}

  /** Runs `work` in a transaction of the tenant; commits when it resolves, rolls back when it rejects. */
  async inTenant<T>(
    tenantId: string, work: (tx: TenantTransaction) => Promise<T>, options: TransactionOptions = {},
  ): Promise<T> {
    if (!isUuid(tenantId)) throw new Error('a tenant id is a UUID');
    const em = this.orm.em.fork();
    em.setFilterParams('tenant', { tenantId });
    return await em.transactional(async (inner) => {
      const tx = new TenantTransaction(tenantId, inner as EntityManager);
      // The tenant's id is the one value that may stand in SQL text, after it was parsed as a UUID: `set local` takes no
      // parameters, and set_config() does not reach the workers of a distributed database.
      await tx.rows(sql`set local app.tenant_id = ${sql.lit(tenantId.toLowerCase())}`);
      if (options.statementTimeoutMs !== undefined) {
        await tx.rows(sql`set local statement_timeout = ${sql.lit(Math.round(options.statementTimeoutMs))}`);
      }
      return await work(tx);
    }, {
      ...(options.isolation === 'repeatable read' ? { isolationLevel: 'repeatable read' as IsolationLevel } : {}),
      ...(options.readOnly === true ? { readOnly: true } : {}),
    });
  }

  /** Runs a statement outside any tenant: the table `tenant` and health checks only. */
  async outsideTenants<Row>(statement: Sql): Promise<Row[]> {
    const { rows } = await statement.execute(this.orm.em.fork().getKysely());
    return rows as Row[];
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }
}

/** A `timestamptz` of a raw row as a date; the session's time zone is UTC. */
export function instantOf(value: string | Date): Date {
  return value instanceof Date ? value : new Date(value.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

/** The same where the column may be null. */
export function instantOrNull(value: string | Date | null): Date | null {
  return value === null ? null : instantOf(value);
}
