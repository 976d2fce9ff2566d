import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { Database, type Sql, sql, TenantStatements } from '#database';

/** Sends a statement on the session of a transaction, unseen by whoever watches. */
export type Send = <Row>(statement: Sql) => Promise<Row[]>;

/** Calls `before` ahead of each statement that any transaction of a tenant sends, until the returned function is called. */
export function watchStatements(before: (statement: Sql, send: Send) => Promise<void>): () => void {
  const original = { rows: TenantStatements.prototype.rows, write: TenantStatements.prototype.write };
  const tell = async (statements: TenantStatements, statement: Sql): Promise<void> => {
    await before(statement, async (other) => await original.rows.call(statements, other) as never);
  };
  TenantStatements.prototype.rows = async function watched<Row>(this: TenantStatements, statement: Sql): Promise<Row[]> {
    await tell(this, statement);
    return await original.rows.call(this, statement) as Row[];
  };
  TenantStatements.prototype.write = async function watched(this: TenantStatements, statement: Sql): Promise<number> {
    await tell(this, statement);
    return await original.write.call(this, statement);
  };
  return () => { Object.assign(TenantStatements.prototype, original); };
}

/** The same of what is found outside of a transaction, several statements in one message. */
export function watchFinds(before: (statement: Sql, send: Send) => Promise<void>): () => void {
  const { find } = Database.prototype;
  const watched = async function watched(this: Database, tenantId: string, ...statements: Sql[]): Promise<unknown[][]> {
    for (const statement of statements) {
      await before(statement, async (other) => (await find.call(this, tenantId, other))[0] as never);
    }
    return await find.call(this, tenantId, ...statements) as unknown[][];
  };
  Database.prototype.find = watched as typeof find;
  return () => { Database.prototype.find = find; };
}

/** How many sessions of the client's database wait for a lock of another, now: in a transaction, too, which else would see what was so at its first look. */
export async function waitingForLocks(client: pg.Client): Promise<number> {
  await client.query('select pg_stat_clear_snapshot()');
  const { rows: [row] } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  return row!.count;
}

/** Longer than a write takes that waits for nobody. */
const waitMs = 500;

/**
 * Fails at the n-th statement of what it runs (as SQLite tests its I/O): the server ends the session in which it would have
 * run, as it does when a process is killed. Statements of others, sent meanwhile, do not count.
 */
export class StatementKiller {
  readonly #owner: pg.Client;
  readonly #counting = new AsyncLocalStorage<{ sent: number; readonly fatal: number; readonly instead?: () => Promise<void> }>();
  readonly #unwatch: () => void;

  private constructor(owner: pg.Client) {
    this.#owner = owner;
    this.#unwatch = watchStatements(async (_, send) => {
      const run = this.#counting.getStore();
      if (run === undefined) return;
      run.sent += 1;
      if (run.sent !== run.fatal) return;
      if (run.instead !== undefined) return await this.#counting.exit(run.instead);
      const [session] = await send<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await this.#end(session?.pid);
    });
  }

  static async open(databaseUrl: string): Promise<StatementKiller> {
    const owner = new pg.Client({ connectionString: databaseUrl });
    await owner.connect();
    return new StatementKiller(owner);
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#owner.end();
  }

  /** Until the session is gone. The server itself would look for that each 100 ms only. */
  async #end(pid: number | undefined): Promise<void> {
    await this.#owner.query('select pg_terminate_backend($1)', [pid]);
    while ((await this.#owner.query('select from pg_stat_activity where pid = $1', [pid])).rowCount !== 0) await after(1);
  }

  /** Runs `work` and kills its n-th statement; whether it resolved all the same, and how many statements it sent. */
  async at(nth: number, work: () => Promise<unknown>): Promise<{ done: boolean; sent: number }> {
    const run = { sent: 0, fatal: nth };
    const done = await this.#counting.run(run, async () => await work().then(() => true, () => false));
    return { done, sent: run.sent };
  }

  /**
   * Runs `work`, and `meanwhile` just before its n-th statement. What waits for locks of `work` goes on beside it after a
   * while, and has ended with it. How many statements `work` sent.
   */
  async beside(nth: number, meanwhile: () => Promise<void>, work: () => Promise<void>): Promise<number> {
    let under = Promise.resolve();
    const instead = async (): Promise<void> => {
      under = meanwhile();
      await Promise.race([under, after(waitMs)]);
    };
    const run = { sent: 0, fatal: nth, instead };
    await this.#counting.run(run, work);
    await under;
    return run.sent;
  }
}
