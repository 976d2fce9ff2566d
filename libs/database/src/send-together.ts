import type { Client, Pool } from 'pg';
import { type Send, wrapQueries } from './wrap-queries.js';

/** What opens a transaction, and what holds until its end: none of it tells anything, or takes a snapshot. */
const opens = /^\s*start transaction\b/i;
const sets = /^\s*set local [\w.]+ = /i;
/** What stands ahead of statements that come with their setting: see `Database.find`. */
export const settingAhead = /^\s*set local [\w.]+ = [^;]+;\s*/i;
const nothing = { rows: [], fields: [], rowCount: null, command: 'SET' };

/**
 * Sends a transaction's beginning and its settings in one message with the first statement after them or, where that has
 * values, in one ahead of it: a message and its answer cost as much as a short statement (reading a contact was nine of them, and is
 * two). What is wrong with them is told by the statement that they are sent with, which then does not run. Of what comes as one message
 * already, a setting ahead of statements, the rows of each are given. See ADR 29. `together` may be switched off between
 * transactions.
 */
export function sendTogether(pool: Pool, together: { off: boolean } = { off: false }): void {
  const kept = new WeakMap<Client, string[]>();
  wrapQueries(pool, (client, statement, send) => {
    if (together.off) return send();
    const before = kept.get(client);
    const text = textAlone(statement);
    if (text !== null && (opens.test(text) || (before !== undefined && sets.test(text)))) {
      kept.set(client, [...before ?? [], text]);
      return Promise.resolve(nothing);
    }
    if (before === undefined) return text !== null && settingAhead.test(text) ? rowsOfEach(send()) : send();
    kept.delete(client);
    return text === null ? sendAll(send, before).then(() => send()) : sendAll(send, [...before, text]);
  });
}

/** The text of a statement without values; `null` of any other. */
function textAlone([text, values, ...rest]: readonly unknown[]): string | null {
  const bare = values === undefined || (Array.isArray(values) && values.length === 0);
  return typeof text === 'string' && bare && rest.length === 0 ? text : null;
}

/** Those of the statements that follow a setting. */
async function rowsOfEach(answers: unknown): Promise<unknown> {
  const [, ...found] = await answers as { rows: unknown[] }[];
  return { ...nothing, rows: found.map(({ rows }) => rows) };
}

/** In one message; the answer of the last. */
async function sendAll(send: Send, texts: readonly string[]): Promise<unknown> {
  const answers = await send(texts.join('; '));
  return Array.isArray(answers) ? answers.at(-1) : answers;
}
