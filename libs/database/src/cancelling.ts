import { connect as connectSocket } from 'node:net';
import type { Pool } from 'pg';

/** What a session was told at its start, and what PostgreSQL wants back of whoever cancels it. The driver does not type it. */
interface Session {
  readonly processID: number;
  readonly secretKey: number;
  readonly host: string;
  readonly port: number;
}

const cancelRequestCode = 80_877_102;
const answerMs = 2000;
/** A request that comes between two statements ends nothing. */
const cancelAgainMs = 50;

/**
 * Ends running statements by the protocol's own cancel request, on a connection of its own. The function
 * `pg_cancel_backend` would wait for a connection of the pool, which those statements hold, and a right that the
 * service's role does not have.
 */
export class Cancelling {
  readonly #sessions = new Map<number, Session>();

  /** Knows the sessions of a pool from their start to their end. */
  watch(pool: Pool): void {
    pool.on('connect', (client) => {
      const session = client as unknown as Session;
      this.#sessions.set(session.processID, session);
    });
    pool.on('remove', (client) => { this.#sessions.delete((client as unknown as Session).processID); });
  }

  /** Asks the server to end what a session runs; does nothing where it runs nothing. Resolves once the server has done so. */
  async cancel(processId: number): Promise<void> {
    const session = this.#sessions.get(processId);
    if (session !== undefined) await sendCancel(session);
  }

  /** Cancels what the session that `work` uses runs where the signal is aborted, again and again until `work` has noticed; it then rejects with the signal's reason. */
  async unlessAborted<T>(signal: AbortSignal | undefined, processId: () => Promise<number>, work: () => Promise<T>): Promise<T> {
    if (signal === undefined) return await work();
    const session = await processId();
    let cancelled: Promise<void> = Promise.resolve();
    let ended = false;
    const cancel = (): void => {
      cancelled = (async () => {
        while (!ended) {
          await this.cancel(session);
          await new Promise((resolve) => { setTimeout(resolve, cancelAgainMs); });
        }
      })();
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      ended = true;
      signal.removeEventListener('abort', cancel);
      // The session goes back to the pool after this: a request under way must not meet its next user.
      await cancelled;
    }
  }
}

async function sendCancel({ processID, secretKey, host, port }: Session): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  await new Promise<void>((resolve) => {
    const socket = host.startsWith('/') ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host);
    socket.setTimeout(answerMs, () => socket.destroy());
    // Whoever asked learns nothing either way: a statement that goes on has its time limit.
    socket.on('error', () => undefined);
    socket.on('close', () => { resolve(); });
    socket.on('connect', () => { socket.write(request); });
    socket.resume();
  });
}
