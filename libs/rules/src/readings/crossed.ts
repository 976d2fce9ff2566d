import type { FieldRef } from '../rule.js';
import { sql, type Sql } from '../sql.js';
import { formatInstant } from '../time/calendar.js';
import { contactColumn, figureColumn } from './sql/fields.js';

/** The ranges in which events of some types are looked for, and the figure that must be of the event where one is named. */
interface Looked {
  readonly types: readonly string[];
  readonly figure: string | null;
  readonly ranges: Range[];
}

/** Instants on or between two places: closed, since `<=` and `<` flip on different ends, and a candidate too many costs nothing. */
interface Range {
  readonly source: number;
  readonly low: string;
  readonly high: string;
}

/**
 * Where to look for those whom a step in time may move: index ranges, each once and each a numbered source. Reads
 * contact_event_by_type and _by_contact; contact_created and contact_updated; contact_date_by_at, _by_day and _by_month_day;
 * contact_engagement_latest and the key of contact_engagement; the key of segment_override.
 */
export class Crossed {
  readonly #tenantId: string;
  readonly #step: readonly [from: number, to: number];
  readonly #firstSource: number;
  readonly #sources = new Map<string, number>();
  readonly #looked = new Map<string, Looked>();
  readonly #overrides: { source: number; segment: string }[] = [];
  readonly #selects: Sql[] = [];

  constructor(tenantId: string, step: readonly [from: number, to: number], firstSource: number) {
    this.#tenantId = tenantId;
    this.#step = step;
    this.#firstSource = firstSource;
  }

  /** Whose events of these types lie there. */
  events(types: readonly string[], one: number, other: number): number {
    return this.#look(types, null, one, other);
  }

  /**
   * Whose latest event of these types lies there, by the figure that holds it (in a world of a million, one in four of those
   * whose events lie there). Where a later event may stand in the stored figure, any event that lies there counts.
   */
  latest(column: string, types: readonly string[], one: number, other: number): number {
    return this.#look(types, column, one, other);
  }

  /**
   * Whose events become visible, or cease to be. They are looked for among the contacts that have events after both moments
   * or between them, whose number does not depend on the step: each costs a look at an index (contact_event_by_contact).
   * `offset 0`: contact by contact, or the planner may read all events.
   */
  appear(): number {
    return this.#once('appear', (source) => {
      this.#selects.push(sql`select ${source}::smallint, g.contact_id from contact_engagement g
        where g.tenant_id = ${this.#tenantId}::uuid and ${this.#hasLater} and exists (
          select from contact_event e where e.tenant_id = ${this.#tenantId}::uuid and e.contact_id = g.contact_id
            and ${between(sql`e.occurred_at`, ...this.#step)} offset 0)`);
    });
  }

  /** Whether the figures of a contact `g` may count events that are not visible at both moments. */
  get #hasLater(): Sql {
    return sql`g.latest_event_at >= ${inOrder(...this.#step)[0]}::timestamptz`;
  }

  /** Whose override in a segment ends. */
  overrides(segment: string): number {
    return this.#once(`overrides ${segment}`, (source) => { this.#overrides.push({ source, segment }); });
  }

  /** Whose own instant lies there. */
  own(field: FieldRef, one: number, other: number): number {
    return this.#ofContact(`own ${field.name} ${one} ${other}`, between(contactColumn(field), one, other));
  }

  /**
   * Whose own instant, or latest event, is on one of these days of the year (month and day as one number). No such day is
   * stored: they are read through, on the one step a day that has a midnight of the zone in it.
   */
  ownDaysOfYear(field: FieldRef, days: readonly number[], timezone: string): number {
    const local = (x: Sql): Sql => sql`(date_part('month', ${x} at time zone ${timezone}::text) * 100
      + date_part('day', ${x} at time zone ${timezone}::text)) = any(${days}::float8[])`;
    const key = `returns ${field.name} ${timezone} ${days.join()}`;
    if (field.source === 'contact') return this.#ofContact(key, local(contactColumn(field)));
    return this.#once(key, (source) => {
      this.#selects.push(sql`select ${source}::smallint, g.contact_id from contact_engagement g
        where g.tenant_id = ${this.#tenantId}::uuid and (${local(sql.ref(`g.${figureColumn(field)}`))} or ${this.#hasLater})`);
    });
  }

  /** Whose custom instant lies there. */
  instants(fieldId: string, one: number, other: number): number {
    return this.#ofDate(fieldId, `${one} ${other}`, between(sql`d.at`, one, other));
  }

  /** Whose custom date lies there. */
  days(fieldId: string, one: string, other: string): number {
    return this.#ofDate(fieldId, `${one} ${other}`, sql`(d.on_day between least(${one}::date, ${other}::date) and greatest(${one}::date, ${other}::date))`);
  }

  /** Whose custom date, or instant in UTC, is on one of these days of the year. */
  daysOfYear(fieldId: string, days: readonly number[]): number {
    return this.#ofDate(fieldId, `returns ${days.join()}`, sql`d.month_day = any(${days}::smallint[])`);
  }

  /** `union all`: how many rows there will be nobody knows here, and a hash for as many as may be took 120 ms to set up. */
  get sql(): Sql | null {
    const selects = [...this.#selects, ...this.#eventSelects(), ...this.#overrideSelects()];
    return selects.length === 0 ? null : sql`select source, contact_id from (${sql.join(selects, sql` union all `)}) moved (source, contact_id)`;
  }

  /**
   * The ranges of one set of types are rows of one nested loop: with each a SELECT of its own, planning took longer than looking.
   * `offset 0`: range by range. For a dozen ranges the planner would rather read all events of the types once: 60 s of 20 million.
   */
  *#eventSelects(): Iterable<Sql> {
    for (const { types, figure, ranges } of this.#looked.values()) {
      yield sql`select range.source, e.contact_id
        from unnest(${ranges.map(({ source }) => source)}::smallint[], ${ranges.map(({ low }) => low)}::timestamptz[], ${ranges.map(({ high }) => high)}::timestamptz[])
          as range (source, low, high)
        cross join lateral (select e.contact_id, e.occurred_at from contact_event e where e.tenant_id = ${this.#tenantId}::uuid
          and e.type = any(${types}::text[]) and e.occurred_at between range.low and range.high offset 0) e
        ${figure === null ? sql`` : sql`cross join lateral (select from contact_engagement g where g.tenant_id = ${this.#tenantId}::uuid
          and g.contact_id = e.contact_id and (${sql.ref(`g.${figure}`)} = e.occurred_at or ${this.#hasLater}) offset 0) g`}`;
    }
  }

  *#overrideSelects(): Iterable<Sql> {
    if (this.#overrides.length === 0) return;
    yield sql`select pinned.source, o.contact_id
      from unnest(${this.#overrides.map(({ source }) => source)}::smallint[], ${this.#overrides.map(({ segment }) => segment)}::uuid[]) as pinned (source, segment_id)
      join segment_override o on o.tenant_id = ${this.#tenantId}::uuid and o.segment_id = pinned.segment_id and ${between(sql`o.until`, ...this.#step)}`;
  }

  #ofContact(key: string, test: Sql): number {
    return this.#once(key, (source) => {
      this.#selects.push(sql`select ${source}::smallint, c.id from contact c where c.tenant_id = ${this.#tenantId}::uuid and ${test}`);
    });
  }

  #ofDate(fieldId: string, key: string, test: Sql): number {
    return this.#once(`date ${fieldId} ${key}`, (source) => {
      this.#selects.push(sql`select ${source}::smallint, d.contact_id from contact_date d
        where d.tenant_id = ${this.#tenantId}::uuid and d.field_id = ${fieldId}::uuid and ${test}`);
    });
  }

  #look(types: readonly string[], figure: string | null, one: number, other: number): number {
    const key = `${figure ?? 'events'} ${types.join()}`;
    return this.#once(`${key} ${one} ${other}`, (source) => {
      const looked = this.#looked.get(key) ?? { types, figure, ranges: [] };
      this.#looked.set(key, looked);
      const [low, high] = inOrder(one, other);
      looked.ranges.push({ source, low, high });
    });
  }

  /** The number of a source, which `look` adds where it is not there yet. */
  #once(key: string, look: (source: number) => void): number {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const source = this.#firstSource + this.#sources.size;
    this.#sources.set(key, source);
    look(source);
    return source;
  }
}

/** The order is known here, so that the planner sees two constants. */
function between(x: Sql, one: number, other: number): Sql {
  const [low, high] = inOrder(one, other);
  return sql`(${x} between ${low}::timestamptz and ${high}::timestamptz)`;
}

function inOrder(one: number, other: number): [low: string, high: string] {
  return [formatInstant(Math.min(one, other)), formatInstant(Math.max(one, other))];
}
