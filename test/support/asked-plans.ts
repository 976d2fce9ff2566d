import type { Sql } from '#database';
import { toText } from '#rules';
import { planOf, scansOf, type Scans, sortedScans } from './plans.js';
import type { TestTenant } from './service.js';
import { type Send, watchFinds, watchStatements } from './statements.js';

/** What has a plan, unlike settings; a plan that the service itself asks for is of a statement that it may send next. */
const planned = /^\s*(with|select|insert|update|delete)\b/i;

/** Asks the service one question after the other, and notes how the statements of each read these tables. */
export class AskedPlans {
  readonly #found = new Map<string, string[]>();
  readonly #unwatch: (() => void)[];
  /** The texts that the present question has sent: its batches are alike. */
  #sent = new Set<string>();
  #scans: string[] | null = null;

  constructor(private readonly tenant: TestTenant, private readonly tables: readonly string[]) {
    const note = async (statement: Sql, send: Send): Promise<void> => { await this.#note(statement, send); };
    this.#unwatch = [watchStatements(note), watchFinds(note)];
  }

  /** Each by the question's name. */
  get scans(): Scans {
    return Object.fromEntries([...this.#found].map(([name, scans]) => [name, sortedScans(scans)]));
  }

  async ask<Body = Record<string, never>>(name: string, method: string, path: string, body?: object): Promise<Body> {
    const scans: string[] = [];
    [this.#sent, this.#scans] = [new Set(), scans];
    this.#found.set(name, scans);
    const answer = await this.tenant.request<Body>(method, path, body);
    this.#scans = null;
    if (answer.status >= 300) throw new Error(`${name}: ${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The first page of a list, and the second as a question of its own. */
  async askForPages(name: string, path: string): Promise<void> {
    const { nextCursor } = await this.ask<{ nextCursor: string | null }>(name, 'GET', path);
    if (nextCursor === null) throw new Error(`${name}: there is no second page of ${path}`);
    await this.ask(`${name}, the next page`, 'GET', `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(nextCursor)}`);
  }

  stop(): void {
    for (const unwatch of this.#unwatch) unwatch();
  }

  async #note(statement: Sql, send: Send): Promise<void> {
    const { sql: text } = toText(statement);
    if (this.#scans === null || !planned.test(text) || this.#sent.has(text)) return;
    this.#sent.add(text);
    this.#scans.push(...scansOf(await planOf(statement, send), this.tables));
  }
}
