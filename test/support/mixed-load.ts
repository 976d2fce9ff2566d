import { randomInt } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { seeded } from '#statistics';
import { engagementFaults, historyFaults } from './derived-faults.js';
import { until } from './queue-contract.js';
import type { TestService, TestTenant } from './service.js';

/** What no answer tells. */
const inside = /node_modules|\.[jt]s:\d|at \w+ \(|select |insert into|segments_app|terminat|postgres|ECONN|57P0/i;
const countries = ['France', 'Chad', 'Peru', 'Canada'];

interface Answer { status: number; text: string }
interface Segment { id: string; rules: object; freshness: string; contactCount: number }
/** One client, with what it has made: nobody else changes it. */
interface Sender { readonly tenant: TestTenant; readonly emails: string[]; readonly segments: { name: string; id: string }[] }

/** What a client knows of what it sent: an answer that did not come, or was no 2xx, says neither that it holds nor that it does not. */
export class Log {
  readonly acknowledged = new Set<string>();
  readonly unknown: string[][] = [];

  note(ids: string[], holds: boolean): void {
    if (holds) for (const id of ids) this.acknowledged.add(id);
    else this.unknown.push(ids);
  }

  /** Lost, of what was acknowledged; torn, of what is unknown. */
  faults(stored: ReadonlySet<string>): { lost: string[]; torn: string[][] } {
    return {
      lost: [...this.acknowledged].filter((id) => !stored.has(id)),
      torn: this.unknown.filter((ids) => !ids.every((id) => stored.has(id)) && ids.some((id) => stored.has(id))),
    };
  }
}

/**
 * Clients that send contacts, events, changes, segments, edits of their rules, refreshes and reads to a service to which something happens
 * meanwhile, and know afterwards what must be there. Seeded: `FAULTS_SEED` repeats the order of what each sends.
 */
export class MixedLoad {
  readonly seed = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
  readonly random = seeded(this.seed);
  /** Answers that are neither 2xx nor a problem document of 4xx or 503 that tells nothing of the inside. */
  readonly dishonest = new Set<string>();
  readonly #contacts = new Log();
  readonly #events = new Log();
  readonly #segments = new Log();
  /** What a contact's country may be: what was acknowledged last, and what was sent since. */
  readonly #countries = new Map<string, Set<string>>();
  /** What the rules of a segment may be, by its name: likewise. */
  readonly #rules = new Map<string, object[]>();
  readonly #statuses = new Map<number, number>();
  #ended = false;

  constructor(
    private readonly service: TestService,
    private readonly tenants: readonly TestTenant[],
  ) {}

  /** Runs `work` while four clients send, of two tenants where there are two. They stop with it, however it ends. */
  async during(work: () => Promise<void>): Promise<void> {
    const clients = [0, 1, 2, 3].map(async (at) => { await this.#client(this.tenants[at % this.tenants.length]!, at); });
    try {
      await work();
    } finally {
      this.#ended = true;
      await Promise.all(clients);
    }
  }

  /** How many answers of each status there were. */
  get told(): string {
    return [...this.#statuses].sort(([one], [other]) => one - other).map(([status, count]) => `${count} of ${status}`).join(', ');
  }

  /** Asks whether the service says that it is ready, and alive. */
  async health(): Promise<{ ready: number; live: number }> {
    const [ready, live] = await Promise.all(['ready', 'live'].map(async (what) => this.#judged(await answerOf(`${this.service.url}/health/${what}`, {}))));
    return { ready: ready!.status, live: live!.status };
  }

  /** Once the service is well again, by the eyes of the owner: nothing acknowledged is lost, nothing is torn, and what is derived is what is computed anew. */
  async check(owner: pg.Client): Promise<void> {
    const ids = async (query: string): Promise<Set<string>> => new Set((await owner.query<{ id: string }>(query)).rows.map(({ id }) => id));
    expect({ seed: this.seed, dishonest: [...this.dishonest] }).toEqual({ seed: this.seed, dishonest: [] });
    expect(this.#contacts.faults(await ids('select email as id from contact'))).toEqual({ lost: [], torn: [] });
    expect(this.#events.faults(await ids('select id from contact_event'))).toEqual({ lost: [], torn: [] });
    expect(this.#segments.faults(await ids('select name as id from segment'))).toEqual({ lost: [], torn: [] });
    const { rows } = await owner.query<{ email: string; country: string }>('select email, country from contact');
    expect(rows.filter(({ email, country }) => this.#countries.get(email)?.has(country) === false)).toEqual([]);
    const { rows: segments } = await owner.query<{ name: string; rules: object }>('select name, rules from segment');
    expect(segments.filter(({ name, rules }) => this.#rules.get(name)?.some((one) => isDeepStrictEqual(one, rules)) === false)).toEqual([]);
    for (const tenant of this.tenants) {
      await this.#checkSegments(tenant);
      expect([await engagementFaults(owner, tenant.id), await historyFaults(owner, tenant.id, { nobodyErased: true })]).toEqual([0, 0]);
    }
  }

  async #checkSegments(tenant: TestTenant): Promise<void> {
    const segments = async (): Promise<Segment[]> => (await tenant.request<{ items: Segment[] }>('GET', '/segments?limit=1000')).body.items;
    // A refresh that has lost its worker twice waits for over a minute.
    const settled = await until(segments, (all) => all.every(({ freshness }) => freshness === 'fresh'), 150_000);
    for (const { id, rules, contactCount } of settled) {
      const { body } = await tenant.request<object>('POST', '/segments/preview', { rules, segmentId: id, sampleLimit: 0 });
      expect(body).toMatchObject({ count: contactCount, wouldAdd: 0, wouldRemove: 0 });
    }
  }

  /** Contacts 30 %, events 40 %, changes of contacts 10 %, segments and edits of their rules 5 %, refreshes 5 %, reads 10 %. */
  async #client(tenant: TestTenant, client: number): Promise<void> {
    const sender: Sender = { tenant, emails: [], segments: [] };
    for (let turn = 0; !this.#ended; turn += 1) {
      const what = sender.emails.length === 0 ? 0 : this.random();
      const mark = `${client}-${turn}`;
      if (what < 0.3) await this.#sendContacts(sender, mark);
      else if (what < 0.7) await this.#sendEvents(sender, mark);
      else if (what < 0.8) await this.#changeContact(sender);
      else if (what < 0.85) await (sender.segments.length === 0 || this.random() < 0.5 ? this.#makeSegment(sender, mark) : this.#editSegment(sender));
      else if (what < 0.9 && sender.segments.length > 0) await this.#send(tenant, 'POST', `/segments/${this.#pick(sender.segments).id}/refresh`, {});
      else await this.#send(tenant, 'GET', this.#pick(['/contacts?limit=50', '/segments', '/jobs']));
      // Who is refused comes again a little later.
      await after(5);
    }
  }

  async #sendContacts({ tenant, emails }: Sender, mark: string): Promise<void> {
    const contacts = Array.from({ length: 10 }, (_, n) => ({ email: `${mark}-${n}@example.com`, country: this.#pick(countries) }));
    const holds = isDone(await this.#send(tenant, 'POST', '/contacts/batch', { contacts }));
    this.#contacts.note(contacts.map(({ email }) => email), holds);
    for (const { email, country } of contacts) this.#countries.set(email, new Set([country]));
    if (holds) emails.push(...contacts.map(({ email }) => email));
  }

  async #sendEvents({ tenant, emails }: Sender, mark: string): Promise<void> {
    const events = Array.from({ length: 10 }, (_, n) => ({ id: `${mark}-${n}`, type: this.#pick(['sent', 'opened', 'clicked']), email: this.#pick(emails), occurredAt: '2026-04-20T10:00:00Z' }));
    this.#events.note(events.map(({ id }) => id), isDone(await this.#send(tenant, 'POST', '/events/batch', { events })));
  }

  async #changeContact({ tenant, emails }: Sender): Promise<void> {
    const [email, country] = [this.#pick(emails), this.#pick(countries)];
    this.#countries.get(email)!.add(country);
    if (isDone(await this.#send(tenant, 'POST', '/contacts/batch', { contacts: [{ email, country }] }))) this.#countries.set(email, new Set([country]));
  }

  async #makeSegment({ tenant, segments }: Sender, name: string): Promise<void> {
    const rules = this.#rulesOf();
    const answer = await this.#send(tenant, 'POST', '/segments', { name, type: 'dynamic', rules });
    this.#segments.note([name], isDone(answer));
    this.#rules.set(name, [rules]);
    if (isDone(answer)) segments.push({ name, id: (JSON.parse(answer.text) as Segment).id });
  }

  async #editSegment({ tenant, segments }: Sender): Promise<void> {
    const [{ id, name }, rules] = [this.#pick(segments), this.#rulesOf()];
    this.#rules.get(name)!.push(rules);
    if (isDone(await this.#send(tenant, 'PATCH', `/segments/${id}`, { rules }))) this.#rules.set(name, [rules]);
  }

  #rulesOf(): object {
    const conditions = [
      { field: 'contact.country', operator: 'equals', value: this.#pick(countries) }, { field: 'engagement.total_opens', operator: 'less_than', value: this.#pick([1, 2, 3, 4]) },
    ];
    return { match: 'all', groups: [{ match: 'all', conditions }] };
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  async #send(tenant: TestTenant, method: string, path: string, body?: object): Promise<Answer> {
    return this.#judged(await answerOf(`${this.service.url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }));
  }

  #judged(answer: Answer): Answer {
    const { status, text } = answer;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (!isHonest(status, text)) this.dishonest.add(`${status} ${text.replace(/urn:request:[\w-]+/, '…')}`);
    return answer;
  }
}

function isDone({ status }: Pick<Answer, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** Whether an answer is 2xx, or a problem document of 4xx or 503 that tells nothing of the inside. */
export function isHonest(status: number, text: string): boolean {
  return isDone({ status }) || (status >= 400 && (status < 500 || status === 503) && !inside.test(text) && isProblemOf(status, text));
}

function isProblemOf(status: number, text: string): boolean {
  const { type, status: said } = JSON.parse(text) as { type?: string; status?: number };
  return type?.startsWith('/problems/') === true && said === status;
}

/** A connection that is cut has status 0. */
async function answerOf(url: string, init: RequestInit): Promise<Answer> {
  try {
    const answer = await fetch(url, init);
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return { status: 0, text: JSON.stringify({ cut: String((error as Error).cause ?? error) }) };
  }
}
