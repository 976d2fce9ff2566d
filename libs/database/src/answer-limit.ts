import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, Pool, PoolClient } from 'pg';
import { wrapQueries } from './wrap-queries.js';

/** What the driver keeps of a session and does not type. */
interface Session {
  readonly processID: number;
  readonly connection: { readonly stream: { destroy(error: Error): void } };
}

/** The server ends a statement at its limit and says so; how much longer that answer may be on its way. */
const longestSlackMs = 5000;

/**
 * Waits for an answer as long as the server may work on it, and a little more. A line that is silent then is gone: packets
 * vanish, and nobody closes the connection. Without this, a request would wait for ever. The connection is given up, and
 * so are those that lie idle in the pool and may be as dead.
 *
 * Of a statement that may take longer than the usual ones, the server is asked, on another line, whether the session is
 * there still: it ends those that send nothing.
 */
export class AnswerLimit {
  readonly #limits = new AsyncLocalStorage<number>();
  readonly #idle = new Set<PoolClient>();
  readonly #slackMs: number;

  /**
   * @param usualMs the limit of statements that have none of their own, on the server too
   * @param isThere whether the server has a session of this process id; rejects where it cannot be asked
   */
  constructor(
    readonly usualMs: number,
    private readonly isThere: (processId: number) => Promise<boolean>,
  ) {
    this.#slackMs = Math.min(longestSlackMs, usualMs);
  }

  /** Runs `work`, whose statements the server ends after so many milliseconds; without a number, after the usual ones. */
  async within<T>(statementMs: number | undefined, work: () => Promise<T>): Promise<T> {
    return await this.#limits.run(statementMs ?? this.usualMs, work);
  }

  /** Holds every connection of the pool to this, which has none yet. */
  watch(pool: Pool): void {
    wrapQueries(pool, (client, _statement, send) => {
      const answer = send();
      // Of cursors and callbacks, which the service has none of, there is none to wait for.
      if (isPromise(answer)) void this.#await(client, answer);
      return answer;
    });
    pool.on('release', (_error, client) => { this.#idle.add(client); });
    pool.on('acquire', (client) => { this.#idle.delete(client); });
    pool.on('remove', (client) => { this.#idle.delete(client); });
  }

  async #await(client: Client, answer: Promise<unknown>): Promise<void> {
    const longest = (this.#limits.getStore() ?? this.usualMs) + this.#slackMs;
    const look = Math.min(longest, this.usualMs + this.#slackMs);
    for (let waited = look; ; waited += look) {
      if (await answered(answer, look)) return;
      if (waited >= longest || await this.#isGone(client)) break;
    }
    for (const dead of [client, ...this.#idle]) giveUp(dead);
  }

  /** Whether the server says that the session is no more. Where it says nothing, the limit counts. */
  async #isGone(client: Client): Promise<boolean> {
    try {
      return !await this.isThere((client as unknown as Session).processID);
    } catch {
      return false;
    }
  }
}

/** Whether there is an answer, of whichever kind, within the time. */
async function answered(answer: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => { resolve(false); }, ms);
  const there = (): boolean => true;
  const inTime = await Promise.race([answer.then(there, there), late]);
  clearTimeout(timer);
  return inTime;
}

function giveUp(client: Client | PoolClient): void {
  const silent = Object.assign(new Error('the database did not answer in time'), { code: 'ETIMEDOUT' });
  (client as unknown as Session).connection.stream.destroy(silent);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
