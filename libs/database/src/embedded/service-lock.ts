import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { folderInUse } from './embedded.problems.js';

/** Any two numbers that nobody else locks in this database. */
const LOCK = [20_518, 1] as const;

/** The session of a service that was just killed ends within moments. */
const PATIENCE_MS = 3000;
const RETRY_MS = 250;

/**
 * Says that one service lives on this database. The lock is a session's, so it goes with the process however that
 * ends; where the server was restarted beneath us it is taken again.
 */
export class ServiceLock {
  #client: pg.Client | null = null;
  #released = false;

  private readonly url: string;
  private readonly log: (line: string) => void;

  private constructor(url: string, log: (line: string) => void) {
    this.url = url;
    this.log = log;
  }

  static async take(url: string, dataDir: string, log: (line: string) => void): Promise<ServiceLock> {
    const lock = new ServiceLock(url, log);
    const holder = await lock.#acquire(PATIENCE_MS);
    if (holder !== null) throw folderInUse(dataDir, holder);
    return lock;
  }

  /** Nothing is taken again from here on; call it before the server is stopped. */
  async release(options: { keepSession: boolean }): Promise<void> {
    this.#released = true;
    // Kept until the server ends it, so that no second service comes in before.
    if (!options.keepSession) await this.#client?.end();
  }

  /** Null when held, else who holds it. */
  async #acquire(patience: number): Promise<string | null> {
    const client = new pg.Client({ connectionString: this.url, application_name: `contact-segments, process ${process.pid}`, keepAlive: true });
    client.on('error', () => undefined);
    await client.connect();
    const deadline = performance.now() + patience;
    for (;;) {
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1, $2) as held', [...LOCK]);
      if (rows[0]?.held === true) {
        this.#client = client;
        client.once('end', () => void this.#again());
        return null;
      }
      if (performance.now() >= deadline) break;
      await sleep(RETRY_MS);
    }
    const holder = await holderOf(client);
    await client.end();
    return holder;
  }

  async #again(): Promise<void> {
    while (!this.#released) {
      await sleep(1000, undefined, { ref: false });
      if (this.#released) return;
      const holder = await this.#acquire(0).catch(() => 'nobody');
      if (holder === null) return;
      if (holder !== 'nobody') this.log(`The data folder is now held by another service (${holder}).`);
    }
  }
}

async function holderOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(`
    select activity.application_name as name
    from pg_locks as held join pg_stat_activity as activity on activity.pid = held.pid
    where held.locktype = 'advisory' and held.granted and held.classid = $1 and held.objid = $2
      and held.database = (select oid from pg_database where datname = current_database())`, [...LOCK]);
  return rows[0]?.name ?? 'unknown';
}
