import { randomInt } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
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
 * Clients that send contacts, events, changes, segments, refreshes and reads to a service to which something happens
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

  async #client(tenant: TestTenant, client: number): Promise<void> {
    const known: { email: string; id?: string }[] = [];
    const pick = <T>(from: readonly T[]): T => from[Math.floor(this.random() * from.length)]!;
    for (let turn = 0; !this.#ended; turn += 1) {
      const what = known.length === 0 ? 0 : this.random();
      const mark = `${client}-${turn}`;
      if (what < 0.3) {
        const contacts = Array.from({ length: 10 }, (_, n) => ({ email: `${mark}-${n}@example.com`, country: pick(countries) }));
        const holds = await this.#send(tenant, 'POST', '/contacts/batch', { contacts });
        this.#contacts.note(contacts.map(({ email }) => email), holds);
        for (const { email, country } of contacts) this.#countries.set(email, new Set([country]));
        if (holds) known.push(...contacts);
      } else if (what < 0.65) {
        const events = Array.from({ length: 10 }, (_, n) => ({ id: `${mark}-${n}`, type: pick(['sent', 'opened', 'clicked']), email: pick(known).email, occurredAt: '2026-04-20T10:00:00Z' }));
        this.#events.note(events.map(({ id }) => id), await this.#send(tenant, 'POST', '/events/batch', { events }));
      } else if (what < 0.8) {
        const [{ email }, country] = [pick(known), pick(countries)];
        const may = this.#countries.get(email)!;
        may.add(country);
        if (await this.#send(tenant, 'POST', '/contacts/batch', { contacts: [{ email, country }] })) this.#countries.set(email, new Set([country]));
      } else if (what < 0.85) {
        const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: pick(countries) }, { field: 'engagement.total_opens', operator: 'less_than', value: 3 }] }] };
        this.#segments.note([mark], await this.#send(tenant, 'POST', '/segments', { name: mark, type: 'dynamic', rules }));
      } else {
        await this.#send(tenant, 'GET', pick(['/contacts?limit=50', '/segments', '/jobs']));
      }
      // Who is refused comes again a little later.
      await after(5);
    }
  }

  async #send(tenant: TestTenant, method: string, path: string, body?: object): Promise<boolean> {
    const { status } = this.#judged(await answerOf(`${this.service.url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }));
    return status < 300;
  }

  #judged(answer: Answer): Answer {
    const { status, text } = answer;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (!isHonest(status, text)) this.dishonest.add(`${status} ${text.replace(/urn:request:[\w-]+/, '…')}`);
    return answer;
  }
}

/** Whether an answer is 2xx, or a problem document of 4xx or 503 that tells nothing of the inside. */
export function isHonest(status: number, text: string): boolean {
  return (status >= 200 && status < 300) || (status >= 400 && (status < 500 || status === 503) && !inside.test(text) && isProblemOf(status, text));
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
