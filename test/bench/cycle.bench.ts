import { type Sql, sql } from '#database';
import { changeContacts } from './changes.js';
import { count, expectSame, type Figure, figureOf, timed } from './measure.js';
import { addSegments, byHand, type Made } from './segments.js';
import type { BenchService } from './service.js';
import type { Size } from './world.js';

/** What a cycle took in one situation, beside recomputing all segments by hand. */
export interface CycleFigure extends Figure {
  readonly what: string;
  readonly baseline: string;
  readonly segments: number;
  readonly contacts: number;
  /** The cycle is the median of so many; recomputing is done once. */
  readonly turns?: number;
  /** In contacts, over all segments of a turn's last cycle. */
  readonly added: number;
  readonly removed: number;
  /** At least so many times faster than the baseline, if a target is set. */
  readonly target: number | null;
}

export interface CycleBench {
  readonly service: BenchService;
  readonly size: Size;
  readonly asOf: Date;
  readonly runs: number;
  say(line: string): void;
}

interface Situation {
  readonly what: string;
  readonly target: number | null;
  /** Brings it about, anew for each turn, and says at which moment the cycle then runs. */
  readonly arrange: (turn: number) => Promise<Date>;
  readonly turns?: number;
}

const minute = 60_000;
const day = 1440 * minute;
/** Cycles after changes of so many contacts, or half an hour, take seconds. */
const short = 10_000;
const listByHand = 'By hand';
export const recomputing = 'all segments recomputed by hand-written SQL, members counted';

/** A tenant with its segments, whose clock moves on. */
export class CycleMeasurement {
  readonly #bench: CycleBench;
  #segments: Made[] = [];
  #now: Date;
  #salt = 0;

  constructor(bench: CycleBench) {
    this.#bench = bench;
    this.#now = bench.asOf;
  }

  /** One cycle of a second tells little: the server may be at something else, and has less of it in its memory after a fill. */
  get #turnsOfShort(): number { return Math.max(this.#bench.runs, 3); }

  /** Where its clock stands. */
  get now(): Date { return this.#now; }

  /** Makes segments until there are so many and fills the new ones: how long the filling took, and which are new. */
  async fill(howMany: number): Promise<{ ms: number; fresh: readonly Made[] }> {
    const { service, say } = this.#bench;
    const before = this.#segments.length;
    if (before === 0) await service.request('POST', '/segments', { name: listByHand, type: 'static', contactIds: [] });
    this.#segments = await addSegments(service, this.#segments, howMany);
    const ms = await timed(async () => { await service.cycle(); });
    const fresh = this.#segments.slice(before);
    say(`${fresh.length} segments filled in ${(ms / 1000).toFixed(0)} s`);
    await this.verify(fresh);
    return { ms, fresh };
  }

  /** The same, beside filling them by hand. */
  async firstFill(howMany: number): Promise<CycleFigure> {
    const { size, say } = this.#bench;
    const { ms, fresh } = await this.fill(howMany);
    const moved = await this.moved();
    const hand = await this.fillByHand(fresh);
    const figure: CycleFigure = {
      ...figureOf([ms], [hand], 1.3), what: `first fill of ${fresh.length} segments`, baseline: 'the same members and history inserted by hand-written SQL', segments: fresh.length,
      contacts: size.contacts, ...moved, target: null,
    };
    say(lineOf(figure));
    return figure;
  }

  /** Archives those made last, until so many are left. */
  async keep(howMany: number): Promise<void> {
    for (const { id } of this.#segments.slice(howMany).reverse()) await this.#bench.service.request('POST', `/segments/${id}/archive`);
    this.#segments = this.#segments.slice(0, howMany);
  }

  async measure({ what, target, arrange, turns = this.#bench.runs }: Situation): Promise<CycleFigure> {
    const { service, size, say } = this.#bench;
    const taken: number[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      this.#now = await arrange(turn);
      await service.moveClock(this.#now);
      taken.push(await timed(async () => { await service.cycle(); }));
      await this.verify(this.#segments.filter((_, at) => at % 9 === turn % 9));
    }
    const moved = await this.moved();
    const hand = await this.recompute();
    const figure: CycleFigure = { ...figureOf(taken, [hand], 1 / (target ?? 1)), what, baseline: recomputing, segments: this.#segments.length, contacts: size.contacts, turns, ...moved, target };
    say(lineOf(figure));
    return figure;
  }

  /** So many contacts change, and a minute passes. */
  async afterChanges(what: string, howMany: number, target: number | null): Promise<CycleFigure> {
    return await this.measure({
      what, target, turns: howMany <= short ? this.#turnsOfShort : this.#bench.runs,
      arrange: async () => {
        this.#salt += 1;
        await changeContacts(this.#bench.service, this.#bench.size, howMany, this.#salt, this.#now);
        return new Date(this.#now.getTime() + minute);
      },
    });
  }

  /** Nothing changes but the time: half an hour at noon, half an hour over midnight, a day. */
  async afterTime(): Promise<CycleFigure[]> {
    const later = (ms: number) => async (): Promise<Date> => new Date(this.#now.getTime() + ms);
    const situations: Situation[] = [
      { what: '30 minutes passed, without a local midnight', target: 500, arrange: later(30 * minute), turns: this.#turnsOfShort },
      {
        what: '30 minutes passed, with a local midnight', target: 500, turns: this.#turnsOfShort,
        arrange: async () => {
          const midnight = (Math.floor(this.#now.getTime() / day) + 1) * day;
          await this.#bench.service.moveClock(new Date(midnight - 15 * minute));
          await this.#bench.service.cycle();
          return new Date(midnight + 15 * minute);
        },
      },
      { what: 'a day passed', target: null, arrange: later(day), turns: Math.min(this.#bench.runs, 3) },
    ];
    const figures: CycleFigure[] = [];
    for (const situation of situations) figures.push(await this.measure(situation));
    return figures;
  }

  /** Correct first: the log is drained, all segments stand at this moment, and these have the very members by hand. */
  private async verify(segments: readonly Made[]): Promise<void> {
    const { service } = this.#bench;
    const [state] = await service.rows<{ left: string; behind: string }>(sql`
      select (select count(*) from contact_change where tenant_id = ${service.tenantId}::uuid) as left,
        (select count(*) from segment_state st join segment s on s.tenant_id = st.tenant_id and s.id = st.segment_id
          where st.tenant_id = ${service.tenantId}::uuid and s.type = 'dynamic' and (st.owed <> 'nothing' or st.as_of is distinct from ${this.#now}::timestamptz)) as behind`);
    if (state?.left !== '0' || state.behind !== '0') throw new Error(`after a cycle ${state?.left} changes are left and ${state?.behind} segments are behind`);
    const by = byHand(service.tenantId, this.#now);
    for (const { id, name, hand } of segments) await expectSame(service, name, by.members(id), hand(by));
  }

  /** How long it takes by hand, once; that each count is what the service keeps is checked beside it. */
  private async recompute(): Promise<number> {
    const { service } = this.#bench;
    const by = byHand(service.tenantId, this.#now);
    const kept = new Map((await service.rows<{ segment_id: string; contact_count: string }>(sql`
      select segment_id, contact_count from segment_state where tenant_id = ${service.tenantId}::uuid`)).map((row) => [row.segment_id, Number(row.contact_count)]));
    let total = 0;
    for (const { id, name, hand } of this.#segments) {
      const statement = hand(by);
      let members = 0;
      total += await timed(async () => { members = await count(service, statement); });
      if (members !== kept.get(id)) throw new Error(`${name} has ${members} members by hand, and ${kept.get(id)} as the service counts`);
    }
    return total;
  }

  /** Members and their history, inserted beside the service's own and taken back. */
  private async fillByHand(segments: readonly Made[]): Promise<number> {
    const { service } = this.#bench;
    const by = byHand(service.tenantId, this.#now);
    let total = 0;
    for (const { hand } of segments) total += await timed(async () => { await this.takenBack(insertByHand(service.tenantId, hand(by), this.#now)); });
    return total;
  }

  private async takenBack(statement: Sql): Promise<void> {
    const end = new Error('taken back');
    await this.#bench.service.inTenant(async (tx) => {
      await tx.rows(statement);
      throw end;
    }).catch((error: unknown) => { if (error !== end) throw error; });
  }

  private async moved(): Promise<{ added: number; removed: number }> {
    const { service } = this.#bench;
    const [row] = await service.rows<{ added: string; removed: string }>(sql`
      select coalesce(sum(added), 0) as added, coalesce(sum(removed), 0) as removed from segment_refresh
      where tenant_id = ${service.tenantId}::uuid and as_of = ${this.#now}::timestamptz and status = 'succeeded'`);
    return { added: Number(row?.added), removed: Number(row?.removed) };
  }
}

/** As members of a list that is there for it. */
function insertByHand(tenantId: string, hand: Sql, asOf: Date): Sql {
  return sql`
    with place as materialized (select id from segment where tenant_id = ${tenantId}::uuid and name = ${listByHand}),
    entered as (
      insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, place.id, h.contact_id, ${asOf}::timestamptz from (${hand}) h cross join place returning segment_id, contact_id
    )
    insert into membership_change (tenant_id, segment_id, contact_id, change, at, via)
    select ${tenantId}::uuid, segment_id, contact_id, 'entered', ${asOf}::timestamptz, 'rules' from entered`;
}

function lineOf({ what, segments, contacts, ms, baselineMs, added, removed, holds, target }: CycleFigure): string {
  const times = baselineMs / ms;
  return `${what}, ${segments} segments, ${contacts.toLocaleString('en')} contacts: ${ms.toFixed(0)} ms, by hand ${baselineMs.toFixed(0)} ms, ${times.toFixed(1)} times faster`
    + `${target === null ? '' : ` (target ${target}${holds ? '' : ', missed'})`}; +${added} −${removed}`;
}
