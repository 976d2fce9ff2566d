import { createRequire } from 'node:module';
import type pg from 'pg';

/** The driver that MikroORM has: of its own, beside the tests'. */
const { Client } = createRequire(createRequire(import.meta.url).resolve('@mikro-orm/postgresql'))('pg') as typeof pg;

/** What the service's pool is known by to the server; the queue and the tests have other sessions. */
const poolName = 'contact-segments';

const startsSweep = /\bset local role "?segments_sweep"?/i;
const endsTransaction = /^\s*(commit|rollback)\s*;?\s*$/i;
/** What a transaction's first statement is sent together with. */
const opening = /^\s*(start transaction\b[^;]*|set local [\w.]+ [^;]*);\s*/i;

type Query = (this: pg.Client, ...statement: unknown[]) => unknown;

/** Every statement that the service sends from here on, each text once: of tenants, and of the role that sweeps over all of them. */
export class SentStatements {
  readonly ofTenants = new Set<string>();
  readonly ofSweeps = new Set<string>();
  /** As they were sent, several in one where they were sent together. */
  readonly messages: string[] = [];
  readonly #original = Reflect.get(Client.prototype, 'query') as Query;

  /** Where the driver itself sends: whatever a library made of a statement on the way is seen as the server gets it. */
  static watch(): SentStatements {
    const sent = new SentStatements();
    const original = sent.#original;
    const sweeping = new WeakSet<pg.Client>();
    const watched: Query = function watched(...statement) {
      const text = textOf(statement[0]);
      if (text !== null && nameOf(this) === poolName) {
        sent.messages.push(text);
        if (startsSweep.test(text)) sweeping.add(this);
        if (endsTransaction.test(text)) sweeping.delete(this);
        for (const one of statementsOf(text)) (sweeping.has(this) ? sent.ofSweeps : sent.ofTenants).add(one);
      }
      return original.apply(this, statement);
    };
    Client.prototype.query = watched as typeof Client.prototype.query;
    return sent;
  }

  stop(): void {
    Client.prototype.query = this.#original as typeof Client.prototype.query;
  }
}

function nameOf(client: pg.Client): string | undefined {
  return (client as unknown as { connectionParameters: { application_name?: string } }).connectionParameters.application_name;
}

/** Of a text, a configuration, a cursor or a stream. */
function textOf(statement: unknown): string | null {
  if (typeof statement === 'string') return statement;
  const { text, cursor } = (statement ?? {}) as { text?: unknown; cursor?: { text?: unknown } };
  const found = text ?? cursor?.text;
  return typeof found === 'string' ? found : null;
}

/** Those of a message that follow an opening: several, where a setting alone stands ahead of them. */
function statementsOf(message: string): string[] {
  let rest = message;
  while (opening.test(rest)) rest = rest.replace(opening, '');
  return (message.startsWith('set local') ? rest.split('; ') : [rest]).map((one) => one.trim());
}
