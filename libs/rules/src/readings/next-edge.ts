import { fieldRow } from '../registry/fields.js';
import { operatorOf } from '../registry/operators/index.js';
import type { EventCondition, FieldCondition } from '../rule.js';
import { sql, type Sql } from '../sql.js';
import { DAY_MS, formatInstant } from '../time/calendar.js';
import { spanOfWindow } from '../time/windows.js';
import { localDay, startOfDay } from '../time/zones.js';
import { conditionsOf, rulesReached } from './conditions.js';
import { contactColumn } from './sql/fields.js';
import { pinnedIn, type TimedRule } from './time-edges.js';

/** Where a bound lies at a moment; undefined where there is none. */
type Bound = (asOf: number) => number | undefined;
/** The first instant from `low` on that a bound may meet: a SELECT of one value, found at the beginning of an index range. */
type FirstFrom = (low: Sql) => Sql;

export interface NextEdge {
  /** A SELECT of `edge` (a number) and `at`: for each bound that moves, the first value that lies before it. */
  readonly sql: Sql | null;
  /** The moment, given those rows: epoch milliseconds, null where nothing will ever change by itself. */
  due(found: readonly { readonly edge: number; readonly at: number | null }[]): number | null;
}

/**
 * When time alone may next change who matches any of the rules: a lower bound, later than `asOf` or at it. Until then no
 * verdict on the present data changes. Local midnights count for themselves; what moves with the clock is looked up.
 */
export function nextEdge({ tenantId, rules, asOf }: { readonly tenantId: string; readonly rules: readonly TimedRule[]; readonly asOf: number }): NextEdge {
  const upcoming = new Upcoming(tenantId, asOf);
  for (const rule of new Set(rules.flatMap((timed) => rulesReached([timed.rule], timed.references)))) {
    for (const condition of conditionsOf(rule)) {
      if (condition.kind === 'event') upcoming.events(condition, rule.timezone);
      if (condition.kind === 'field') upcoming.field(condition, rule.timezone);
    }
  }
  upcoming.overrides([...new Set(rules.flatMap(pinnedIn))]);
  return upcoming;
}

/** Months and years differ in length: by how much any number of them may, with days to spare. */
const CALENDAR_DIFFERS_MS = 8 * DAY_MS;

class Upcoming implements NextEdge {
  readonly #tenantId: string;
  readonly #asOf: number;
  readonly #certain = new Set<number>();
  readonly #looked = new Map<string, { first: Sql; due: (at: number) => number }>();

  constructor(tenantId: string, asOf: number) {
    this.#tenantId = tenantId;
    this.#asOf = asOf;
  }

  get sql(): Sql | null {
    const selects = [...this.#looked.values()].map(({ first }, edge) => sql`select ${edge}::integer as edge, (${first}) as at`);
    return selects.length === 0 ? null : sql.join(selects, sql` union all `);
  }

  due(found: readonly { readonly edge: number; readonly at: number | null }[]): number | null {
    const looked = [...this.#looked.values()];
    const dues = [...this.#certain, ...found.flatMap(({ edge, at }) => (at === null ? [] : [looked[edge]!.due(at)]))];
    return dues.length === 0 ? null : Math.max(this.#asOf, Math.min(...dues));
  }

  events({ types, window }: EventCondition, timezone: string): void {
    const first = this.#firstEvent(types);
    for (const side of ['from', 'to'] as const) {
      this.#moves(`events ${types.join()}`, first, (at) => spanOfWindow(window, { asOf: at, timezone })[side]?.at, timezone);
    }
    this.#moves(`events ${types.join()}`, first, (at) => at, timezone);
  }

  field({ field, test }: FieldCondition, timezone: string): void {
    // A figure changes when an event of whatever type comes whose time had not.
    if (field.source === 'engagement') this.#moves('any event', this.#firstOfLater, (at) => at, timezone);
    const row = operatorOf(test.type, test.operator)!;
    if (row.timeDependent === undefined || !row.timeDependent(test.value)) return;
    for (const [index, edge] of row.edges(test.value, { asOf: this.#asOf, timezone }).entries()) {
      if (edge.kind !== 'instant') {
        this.#certain.add(this.#midnight(timezone));
        continue;
      }
      const bound: Bound = (at) => {
        const there = row.edges(test.value, { asOf: at, timezone })[index];
        return there?.kind === 'instant' ? there.at : undefined;
      };
      if (field.source === 'custom') {
        this.#moves(`field ${field.id}`, (low) => sql`select min(d.at) from contact_date d
          where d.tenant_id = ${this.#tenantId}::uuid and d.field_id = ${field.id}::uuid and d.at >= ${low}`, bound, timezone);
      } else if (field.source === 'contact') {
        const column = contactColumn(field);
        this.#moves(field.name, (low) => sql`select min(${column}) from contact c where c.tenant_id = ${this.#tenantId}::uuid and ${column} >= ${low}`, bound, timezone);
      } else {
        const types = fieldRow(field.name)!.latestOf!;
        this.#moves(`events ${types.join()}`, this.#firstEvent(types), bound, timezone);
      }
    }
  }

  overrides(segments: readonly string[]): void {
    if (segments.length === 0) return;
    this.#moves('overrides', (low) => sql`select min(o.until) from segment_override o
      where o.tenant_id = ${this.#tenantId}::uuid and o.segment_id = any(${segments}::uuid[]) and o.until >= ${low}`, (at) => at, 'UTC');
  }

  /** One probe of contact_event_by_type for each type: of several at once the index gives no order. */
  #firstEvent(types: readonly string[]): FirstFrom {
    return (low) => sql`select least(${sql.join(types.map((type) => sql`(select min(e.occurred_at) from contact_event e
      where e.tenant_id = ${this.#tenantId}::uuid and e.type = ${type}::text and e.occurred_at >= ${low})`))})`;
  }

  /** Of the contacts with events after now, by contact_engagement_latest: few have any. */
  readonly #firstOfLater: FirstFrom = (low) => sql`select min(e.occurred_at)
    from contact_engagement g join contact_event e on e.tenant_id = ${this.#tenantId}::uuid and e.contact_id = g.contact_id
    where g.tenant_id = ${this.#tenantId}::uuid and g.latest_event_at >= ${low} and e.occurred_at >= ${low}`;

  /** Notes a bound: one that stands until midnight by that midnight, one that moves with the clock by what it meets first. */
  #moves(key: string, first: FirstFrom, bound: Bound, timezone: string): void {
    const asOf = this.#asOf;
    const here = bound(asOf);
    if (here === undefined) return;
    // At midnight either kind may jump, so that a bound is looked at on both sides of now.
    if (bound(asOf + 1)! - here !== 1 && here - bound(asOf - 1)! !== 1) {
      if (bound(asOf + 1461 * DAY_MS) !== here) this.#certain.add(this.#midnight(timezone));
      return;
    }
    const behind = asOf - here;
    const midnight = this.#midnight('UTC');
    // Months are clamped to the last day of a shorter one, so that at a midnight of UTC a bound may jump back.
    if (bound(midnight)! < bound(midnight - 1)!) this.#certain.add(midnight);
    this.#looked.set(`${key} ${[0, 8, 40, 366, 1461].map((days) => bound(asOf + days * DAY_MS)).join()}`, {
      first: first(sql`${formatInstant(here)}::timestamptz`),
      due: (at) => {
        const expected = at + behind;
        // Within a day of UTC a bound keeps its distance; later, one that counts months or years may not have.
        const keeps = expected < midnight || [-CALENDAR_DIFFERS_MS, 0, CALENDAR_DIFFERS_MS].every((by) => bound(expected + by) === at + by);
        return keeps ? expected : Math.max(midnight, expected - CALENDAR_DIFFERS_MS);
      },
    });
  }

  /** The next midnight in a zone. */
  #midnight(timezone: string): number {
    return startOfDay(localDay(this.#asOf, timezone) + 1, timezone);
  }
}
