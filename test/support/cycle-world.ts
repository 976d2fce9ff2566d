import type { ManualClock } from '#kernel';
import { addToInstant, localDay, type SegmentDefinition, startOfDay } from '#rules';
import { countContacts } from '../../src/contacts/index.js';
import { loadContactSnapshots } from '../../src/rules-engine/contact-snapshot.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { type Command, type CycleStep, iso, placeOf, type World, type Write } from './cycle-commands.js';
import type { CycleFaults } from './cycle-faults.js';
import { flipsOf, isMember } from './flips.js';
import type { Answer, Request, TestService } from './service.js';
import { activeOf, StoredSegments } from './stored-segments.js';
import { segmentIds } from './worlds.js';

/** What was done and seen, over all sequences. */
export interface Ran { sequences: number; cycles: number; comparisons: number; incremental: number; moved: number; readonly accepted: Map<Write['do'], number> }

/** What every world has besides, by their ids. */
export interface Furnished { readonly tenantId: string; readonly secret: string; readonly listId: string; readonly ownType: string; readonly fields: Readonly<Record<string, string>> }

/** So many statements a cycle has that brings segments along. */
const usual = 50;

/** What is no request. */
const done = { status: 200, body: {} };

interface Setting { readonly service: TestService; readonly faults: CycleFaults; readonly tenantId: string; readonly furnished: Furnished; readonly ran: Ran; /** How many statements a cycle of this world has sent at most. */ readonly longest: { statements: number } }

/** One tenant, its segments, and the moment that its service's clock shows. */
export class CycleWorld {
  readonly #setting: Setting;
  readonly #stored: StoredSegments;
  readonly #cycles: RefreshCycle;
  readonly #request: Request;
  readonly #ids: string[] = [];
  readonly #log: string[] = [];
  readonly #ends: number[] = [];
  #now = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#stored = new StoredSegments(setting.service);
    this.#cycles = setting.service.service.app.get(RefreshCycle, { strict: false });
    this.#request = setting.service.inProcess(`sk_${setting.tenantId}_${setting.furnished.secret}`);
  }

  /** The segments and what has been done to them, one line each. */
  told(): string {
    return this.#log.join('\n');
  }

  get tenantId(): string { return this.#setting.tenantId; }

  /** The same world in a tenant that is a copy of its own. */
  in(tenantId: string): CycleWorld {
    const copy = new CycleWorld({ ...this.#setting, tenantId });
    copy.#ids.push(...this.#ids);
    copy.#log.push(...this.#log);
    copy.#moveClock(this.#now);
    return copy;
  }

  async begin({ start, segments, beginning }: World): Promise<void> {
    this.#moveClock(start);
    for (const [place, { status, rules }] of segments.entries()) {
      this.#log.push(`${place}: ${status}, ${JSON.stringify(rules)}`);
      const made = await this.#request<{ id: string }>('POST', '/segments', { name: `segment ${place}`, type: 'dynamic', status, rules: this.#named(rules) });
      // Now and then rules are refused; who refers to the segment then is, too.
      this.#ids.push(made.status === 201 ? made.body.id : placeOf(place));
    }
    for (const write of beginning) await this.#accepted(write);
    await this.#cycles.run(this.tenantId);
    await this.#check();
  }

  /** A write that nothing can be wrong with. */
  async #accepted(step: Write): Promise<void> {
    this.#log.push(JSON.stringify(step));
    const { status, body } = await this.#write(step);
    if (status !== 200 || (body as { failed: unknown[] }).failed.length > 0) throw new Error(`a world did not begin: ${status} ${JSON.stringify(body)}`);
  }

  async apply(step: Command): Promise<void> {
    this.#log.push(JSON.stringify(step));
    switch (step.do) {
      case 'clock': this.#moveClock(addToInstant(this.#now, step.sign * step.amount, step.unit) + step.by); break;
      case 'flip': this.#moveClock((await this.#nextFlip(step.segment, step.nth) ?? this.#now) + step.by); break;
      case 'edge': this.#moveClock((await this.#stored.nextEdge(this.#setting.tenantId, this.#now) ?? this.#now) + step.by); break;
      case 'midnight': this.#moveClock(startOfDay(localDay(this.#now, step.zone) + 1, step.zone) + step.by); break;
      case 'end of a pin': this.#moveClock((this.#ends.filter((end) => end > this.#now).sort((one, other) => one - other)[0] ?? this.#now) + step.by); break;
      case 'cycle': await this.#cycle(step); break;
      default: await this.#tried(step);
    }
  }

  /** What failed heals once its cause is gone; and what every reader is told says so. */
  async end(): Promise<void> {
    if (this.#setting.faults.poisoned.size > 0) {
      await this.#tried({ do: 'cure' });
      await this.#cycles.run(this.tenantId);
      await this.#check();
    }
    const { body: { items } } = await this.#request<{ items: { status: string; freshness: string; refreshError: string | null }[] }>('GET', '/segments?limit=1000&type=dynamic');
    const behind = items.filter(({ status, freshness }) => status === 'active' && freshness !== 'fresh');
    if (behind.length > 0) throw new Error(`not fresh at the end: ${JSON.stringify(behind.map(({ freshness, refreshError }) => [freshness, refreshError]))}`);
    const { ran, faults, tenantId } = this.#setting;
    const { incremental, moved } = await faults.incrementalRefreshes(tenantId);
    ran.incremental += incremental;
    ran.moved += moved;
  }

  /** A write may be refused, by what was done before it; it never fails. */
  async #tried(step: Write): Promise<void> {
    const { status, body } = await this.#write(step);
    if (status >= 500) throw new Error(`${JSON.stringify(step)} was answered ${status} ${JSON.stringify(body)}`);
    const { accepted } = this.#setting.ran;
    if (status < 300) accepted.set(step.do, (accepted.get(step.do) ?? 0) + 1);
  }

  async #write(step: Write): Promise<Pick<Answer, 'status' | 'body'>> {
    const { faults, furnished: { listId, fields, ownType } } = this.#setting;
    const segment = 'segment' in step ? this.#ids[step.segment % this.#ids.length]! : '';
    const request = this.#request;
    switch (step.do) {
      case 'contacts': return await request('POST', '/contacts/batch', { contacts: step.rows });
      case 'patch': return await request('PATCH', `/contacts/${await this.#idOf(step.email)}`, step.body);
      case 'events': return await request('POST', '/events/batch', { events: step.rows });
      case 'take back': return await request('DELETE', `/events/${step.id}`);
      case 'erase': return await request('DELETE', `/contacts/${await this.#idOf(step.email)}`);
      case 'merge': return await request('POST', `/contacts/${await this.#idOf(step.into)}/merge`, { email: step.email });
      case 'list': return await request(step.method, `/segments/${listId}/contacts`, { emails: step.emails });
      case 'pin':
        this.#ends.push(...step.overrides.map(({ until }) => Date.parse(until ?? '')));
        return await request('PUT', `/segments/${segment}/overrides`, { overrides: step.overrides });
      case 'campaign': return await request('PATCH', `/campaigns/${step.id}`, step.body);
      case 'edit': return await request('PATCH', `/segments/${segment}`, { rules: this.#named(step.rules) });
      case 'life': return await request('POST', `/segments/${segment}/${step.verb}`);
      case 'remove': return await request('DELETE', `/segments/${segment}`);
      case 'ask': return await request('POST', `/segments/${segment}/refresh`, { mode: step.mode });
      case 'cancel': return await this.#cancel(segment);
      case 'declare': return await request('PATCH', `/event-types/${ownType}`, { properties: step.properties });
      case 'options': return await request('PATCH', `/custom-fields/${fields[step.field]}`, { options: step.options });
      case 'poison':
        await faults.poison(segment);
        return done;
      case 'cure':
        for (const id of await faults.cure()) await request('POST', `/segments/${id}/refresh`);
        return done;
    }
  }

  /** The refresh of the segment that waits or is under way, if there is one. */
  async #cancel(segment: string): Promise<Pick<Answer, 'status' | 'body'>> {
    const { body } = await this.#request<{ items?: { refreshId: string }[] }>('GET', `/segments/${segment}/refreshes?limit=1`);
    return await this.#request('POST', `/refreshes/${body.items?.[0]?.refreshId ?? crypto.randomUUID()}/cancel`);
  }

  async #cycle({ how, at, segment, email, country, writes }: CycleStep): Promise<void> {
    const { faults, tenantId, ran, longest } = this.#setting;
    const run = async (): Promise<void> => { await this.#cycles.run(tenantId); };
    // Somewhere in a cycle as long as the longest so far, and a little further.
    const statement = Math.ceil(at * (longest.statements + 5));
    const sent = (statements: number): void => { longest.statements = Math.max(longest.statements, statements); };
    if (how === 'twice at once') await Promise.all([run(), run()]);
    if (how === 'while a writer waits') await faults.whileAWriterWaits(tenantId, email, country, new Date(this.#now), run);
    if (how === 'beside writes') sent(await faults.beside(statement, async () => { for (const write of writes) await this.#tried(write); }, run));
    if (how === 'cancelled') {
      await this.#tried({ do: 'ask', segment, mode: 'auto' });
      sent(await faults.beside(statement, async () => { await this.#tried({ do: 'cancel', segment }); }, run));
    }
    if (how === 'beside an erasure' || how === 'beside a merge') {
      const leaving = await this.#stored.coming(tenantId, this.#now) ?? email;
      const write: Write = how === 'beside an erasure' ? { do: 'erase', email: leaving } : { do: 'merge', into: email, email: leaving };
      sent(await faults.beside(Math.ceil(at * usual), async () => { await this.#tried(write); }, run));
    }
    if (how === 'killed') sent(await faults.killedAt(statement, run));
    // Whatever the first one left behind.
    await run();
    ran.cycles += 1;
    await this.#check();
  }

  /** The stored members of each active segment beside what its rules say of all contacts: in SQL, and to the evaluator in memory. */
  async #check(): Promise<void> {
    const { faults, tenantId, ran } = this.#setting;
    const found = await this.#stored.read(tenantId, async (tx, segments) => {
      const snapshots = await loadContactSnapshots(tx, 'all');
      const tallied = await countContacts(tx);
      if (tallied !== snapshots.length) throw new Error(`of ${snapshots.length} contacts ${tallied} are tallied`);
      const active = activeOf(segments);
      return (await this.#stored.recomputed(tx, active, this.#now)).map((row) => {
        const segment = active.get(row.id)!;
        return { ...row, ...segment, evaluated: snapshots.filter((contact) => isMember(row.id, segment, contact, this.#now)).map(({ id }) => id) };
      });
    });
    for (const { id, stored, should, evaluated, count, owes } of found) {
      if (faults.poisoned.has(id) && owes) continue;
      ran.comparisons += 1;
      const [have, sql, memory] = [stored, should, evaluated].map((ids) => [...ids].sort().join(' '));
      if (have === sql && sql === memory && count === stored.length) continue;
      const place = this.#ids.indexOf(id);
      throw new Error(`segment ${place} as of ${iso(this.#now)} has ${have || 'nobody'}, counted ${count}; by SQL ${sql || 'nobody'}; in memory ${memory || 'nobody'}`);
    }
    const untold = await faults.historyFaults(tenantId);
    if (untold > 0) throw new Error(`${untold} faults of history`);
  }

  /**
   * When the evaluator sees a contact come or go in a segment, this one or the next in which time does it: one of the first
   * times after now, and no sooner than the next edge that the scheduler would wait for.
   */
  async #nextFlip(segment: number, nth: number): Promise<number | null> {
    const { tenantId } = this.#setting;
    const found = await this.#stored.read(tenantId, async (tx, segments) => {
      const snapshots = await loadContactSnapshots(tx, 'all');
      const places = this.#ids.map((_, by) => this.#ids[(segment + by) % this.#ids.length]!).filter((id) => segments.has(id));
      for (const id of places) {
        const ready = segments.get(id)!;
        const flips = snapshots.flatMap((contact) => flipsOf((at) => isMember(id, ready, contact, at), this.#now));
        if (flips.length > 0) return { id, active: ready.active, flips };
      }
      return null;
    });
    if (found === null) return null;
    const due = found.active ? await this.#stored.nextEdge(tenantId, this.#now) : this.#now;
    const first = Math.min(...found.flips);
    if (due === null || first < due) throw new Error(`segment ${this.#ids.indexOf(found.id)} changes at ${iso(first)}, and the next edge after ${iso(this.#now)} is ${due === null ? 'never' : iso(due)}`);
    return found.flips[nth % found.flips.length]!;
  }

  #named(rules: SegmentDefinition): SegmentDefinition {
    const named = this.#ids.reduce((text, id, place) => text.replaceAll(placeOf(place), id), JSON.stringify(rules));
    return JSON.parse(named.replaceAll(segmentIds.list, this.#setting.furnished.listId)) as SegmentDefinition;
  }

  async #idOf(email: string): Promise<string> {
    const { body } = await this.#request<{ items: { id: string }[] }>('GET', `/contacts?email=${encodeURIComponent(email)}`);
    return body.items[0]?.id ?? crypto.randomUUID();
  }

  #moveClock(to: number): void {
    this.#now = to;
    (this.#setting.service.service.clock as ManualClock).set(new Date(to));
  }
}
