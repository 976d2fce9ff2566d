import { createRequire } from 'node:module';
import type pg from 'pg';

/** The driver of the service's connections, of which the ORM may have a copy of its own. */
const { Client } = createRequire(new URL('../../node_modules/@mikro-orm/postgresql/package.json', import.meta.url))('pg') as typeof pg;

/**
 * What a check found; nothing where all is well. A check that finds nothing proves nothing until it has found something: each
 * is run once more on a build with one deliberate fault in it.
 */
export type Faults = string[];

type Query = (this: pg.Client, ...statement: unknown[]) => unknown;

/** Runs `work` on a build whose statements, of whichever module, are sent as `alter` has them: the same values, another text. */
export async function withStatements<T>(alter: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const client = Client.prototype as unknown as { query: Query };
  const { query } = client;
  client.query = function altered(this: pg.Client, ...statement: unknown[]): unknown {
    const [text, ...values] = statement;
    return query.apply(this, typeof text === 'string' ? [alter(text), ...values] : statement);
  };
  try {
    return await work();
  } finally {
    client.query = query;
  }
}

/** Statements that write a change down write none: nobody is told that a contact is other than before. */
export const untold = (text: string): string => (/^\s*insert into contact_change\b[\s\S]* as named \(id\)\s*$/.test(text) ? `${text} where false` : text);

/** Whoever asks for the lock of a tenant's cycle gets it. */
export const unlocked = (text: string): string => text.replace(/pg_try_advisory_lock\((\$\d+::bigint)\)/, '($1 is not null)');

/** A cycle looks at whom a change names, and at nobody whom time has moved. */
export const timeless = (text: string): string => text.replace(/^(\s*insert into refresh_found \(source, contact_id\))([\s\S]*)$/, '$1 select * from ($2) moved limit 0');

/** The segments of a statement that fails fail with it, and the cycle as well. */
export const withoutSavepoints = (text: string): string => (/^\s*savepoint\b/.test(text) ? 'select 1' : text);

/** A worker that stops keeps what it has taken on and not begun. */
export const unreleased = (text: string): string => (/^\s*update segment_refresh\b[\s\S]* then 'cancelled' else 'queued' end\b/.test(text) ? `${text} and false` : text);

/** No transaction begins: whatever is sent is committed by itself. */
export const apart = (text: string): string =>
  text.replace(/^\s*(start transaction|begin|savepoint|release|rollback to)\b[^;]*(;|$)/i, '').replace(/\bset local\b/g, 'set') || 'select 1';

/** What a check of expectations fails by, as a fault. */
export async function faultsOf(check: () => Promise<unknown>): Promise<Faults> {
  try {
    await check();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
