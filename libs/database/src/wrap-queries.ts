import type { Client, ClientConfig, Pool } from 'pg';

type ClientClass = new (config?: ClientConfig) => Client;

/** Sends what the caller was given, or another statement instead, and answers what the driver does: of cursors and callbacks that is no promise. */
export type Send = (...instead: unknown[]) => unknown;

/** Has each connection of the pool, which has none yet, send its statements through `wrap`; what is wrapped later stands around what was before. */
export function wrapQueries(pool: Pool, wrap: (client: Client, statement: readonly unknown[], send: Send) => unknown): void {
  const making = pool as unknown as { Client: ClientClass };
  const before = making.Client.prototype as { query: (this: Client, ...statement: unknown[]) => unknown };
  class WrappingClient extends making.Client {}
  WrappingClient.prototype.query = function wrapped(this: Client, ...statement: unknown[]): unknown {
    return wrap(this, statement, (...instead) => before.query.apply(this, instead.length === 0 ? statement : instead));
  } as Client['query'];
  making.Client = WrappingClient;
}
