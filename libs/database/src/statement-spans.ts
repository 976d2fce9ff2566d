import type { Pool } from 'pg';
import { inSpan } from '#kernel';
import { settingAhead } from './send-together.js';
import { wrapQueries } from './wrap-queries.js';

const begins = /^\s*(select|with|insert|update|delete|merge|copy|begin|start|commit|rollback|savepoint|release|set|create|drop|truncate|analyze)\b/i;
/** Texts in quotes are passed over; what follows may name a table. */
const names = /'(?:[^']|'')*'|\b(insert\s+into|delete\s+from|merge\s+into|update|from|join|analyze)\s+(?:\(skip_locked\)\s+)?(?:only\s+)?"?([a-z_]+)"?/gi;

/**
 * A statement in two words: what it writes first and where, or else `select` and the first table that it reads. Only words
 * of SQL and names among `tables`; a statement of which nothing is known is `statement`.
 */
export function nameOfStatement(sent: string, tables: ReadonlySet<string>): string {
  const text = sent.replace(settingAhead, '');
  const verb = begins.exec(text)?.[1]?.toLowerCase();
  if (verb === undefined) return 'statement';
  let read: string | undefined;
  for (const [, words, table = ''] of text.matchAll(names)) {
    if (words === undefined || !tables.has(table)) continue;
    const [does = ''] = words.toLowerCase().split(/\s/);
    if (does !== 'from' && does !== 'join') return `${does} ${table}`;
    read ??= table;
  }
  const reads = verb === 'with' ? 'select' : verb;
  return read === undefined ? reads : `${reads} ${read}`;
}

/** Shows each statement of the pool, which has no connection yet, in the span that sends it: by its name, never by its text or values. */
export function showStatements(pool: Pool, tables: ReadonlySet<string>): void {
  wrapQueries(pool, (_client, statement, send) => {
    const text = textOf(statement);
    if (text === null) return send();
    const name = nameOfStatement(text, tables);
    return inSpan({ kind: 'statement', name, figures: { 'db.system.name': 'postgresql', 'db.query.summary': name } }, async () => await (send() as Promise<unknown>));
  });
}

/** `null` of cursors, streams and callbacks, whose answer is no promise. */
function textOf([first, ...rest]: readonly unknown[]): string | null {
  if (rest.some((argument) => typeof argument === 'function')) return null;
  if (typeof first === 'string') return first;
  const { text, submit } = (first ?? {}) as { text?: unknown; submit?: unknown };
  return typeof text === 'string' && typeof submit !== 'function' ? text : null;
}
