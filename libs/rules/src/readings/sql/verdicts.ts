import type { Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { formatInstant } from '../../time/calendar.js';
import { conditionsOf, rulesReached } from '../conditions.js';
import type { NullIs } from './guard.js';
import { predicateSql } from './predicate.js';
import type { Statement } from './statement.js';

/** The verdict of one segment as a column of one of the levels. */
interface Verdict {
  readonly level: number;
  readonly column: string;
  readonly expression: Sql;
}

/**
 * Who of the candidates is a member of which segment, for many segments at once: the columns `segment_id` and
 * `contact_id`. Every feature is joined once to a candidate, and every verdict is a boolean column beside it; a segment
 * that others refer to stands one level below them, so that it too is evaluated once.
 */
export function selectVerdicts(segments: ReadonlyMap<string, Rule>, statement: Statement): Sql {
  const verdicts = new Verdicts(statement, [...segments.values()], segments.keys());
  const asked = [...segments].map(([id, rule]) => ({ id, verdict: verdicts.of(id, rule) }));
  const columns = asked.map(({ verdict }) => verdicts.read(verdict));
  return sql`select (${asked.map(({ id }) => id)}::uuid[])[hit.at] as segment_id, c.id as contact_id
    from contact c${verdicts.joins()}
    cross join lateral unnest(array_positions(array[${sql.join(columns)}]::boolean[], true)) as hit (at)
    where ${statement.ofTenant('c')}${statement.amongCandidates('c.id')}`;
}

/** Each condition is at most two columns beside a contact, and PostgreSQL takes 1,664. */
const mostBeside = 700;

/** An expression over the contact, its features and the levels below this one. */
interface Placed {
  readonly level: number;
  readonly expression: Sql;
}

/**
 * Segments as boolean columns beside a contact `c`, each evaluated once; one that is read in a single place stands there as it
 * is, so that the planner sees through to its tables (an active segment without two others: 1.5 times the statement by hand as
 * columns, 0.7 so). Where `rules`, with all that they reach, have too many conditions for that, each segment that they refer to
 * is a set of its own, which goes through the contacts once more.
 */
export class Verdicts {
  /** The names of the features that are joined to the contact. */
  readonly joined = new Set<string>();
  readonly #statement: Statement;
  readonly #apart: boolean;
  readonly #known = new Map<string, Verdict>();
  /** How often each segment is read, at most. */
  readonly #readers = new Map<string, number>();

  /** `asked` are those of the rules that are read as columns. */
  constructor(statement: Statement, rules: readonly Rule[], asked: Iterable<string> = []) {
    this.#statement = statement;
    const conditions = rulesReached(rules, statement.references).flatMap(conditionsOf);
    this.#apart = conditions.length > mostBeside;
    const read = conditions.flatMap((condition) => (condition.kind === 'segment' ? [condition.segment] : []));
    for (const segment of [...asked, ...read]) this.#readers.set(segment, (this.#readers.get(segment) ?? 0) + 1);
  }

  /** Whether the contact is a member of a segment that a rule refers to. */
  isMember(segment: string, nullIs: NullIs): Sql {
    return this.#member(segment, nullIs).expression;
  }

  #member(segment: string, nullIs: NullIs): Placed {
    const reference = this.#statement.reference(segment);
    if (reference.kind === 'static') return { level: 0, expression: this.#listed(segment) };
    if (this.#apart) return { level: 0, expression: this.#isIn(this.#setOf(segment, reference.rule)) };
    if (this.#readers.get(segment) === 1) return this.#verdict(segment, reference.rule, nullIs);
    const verdict = this.of(segment, reference.rule);
    return { level: verdict.level + 1, expression: this.read(verdict) };
  }

  /** A segment's verdict: its rule, then its overrides. */
  of(segment: string, rule: Rule): Verdict {
    const known = this.#known.get(segment);
    if (known !== undefined) return known;
    const placed = this.#verdict(segment, rule, 'forbidden');
    // Named last: those that it reads are known by now.
    const verdict = { ...placed, column: `is_${this.#known.size + 1}` };
    this.#known.set(segment, verdict);
    return verdict;
  }

  #verdict(segment: string, rule: Rule, nullIs: NullIs): Placed {
    let level = 0;
    const matches = predicateSql(rule, this.#statement, (other, mayBeNull) => {
      const member = this.#member(other, mayBeNull);
      level = Math.max(level, member.level);
      return member.expression;
    }, this.joined);
    return { level, expression: this.#overriding(segment, matches, nullIs) };
  }

  read({ level, column }: Verdict): Sql {
    return sql.ref(`level_${level}.${column}`);
  }

  /** The features but one, then the levels from below; `offset 0` keeps a level's expressions from being copied into every reader. */
  joins(but: string | null = null): Sql {
    const features = [...this.joined].filter((name) => name !== but).map((name) => sql` left join ${sql.ref(name)} on ${sql.ref(`${name}.contact_id`)} = c.id`);
    const levels = Map.groupBy(this.#known.values(), ({ level }) => level);
    const laterals = [...levels].sort(([one], [other]) => one - other).map(([level, verdicts]) =>
      sql` cross join lateral (select ${sql.join(verdicts.map(({ column, expression }) => sql`${expression} as ${sql.ref(column)}`))} offset 0) ${sql.ref(`level_${level}`)}`);
    return sql`${sql.join([...features, ...laterals], sql``)}`;
  }

  /** The name of a feature of the members of a segment, which is made once: a hundred conditions that name it, in a chain of ten segments like that, were 100^10 of them. */
  #setOf(segment: string, rule: Rule): string {
    const statement = this.#statement;
    const key = `members of ${segment}`;
    const known = statement.nameOf(key);
    if (known !== undefined) return known;
    const inner = new Verdicts(statement, [rule]);
    const verdict = inner.of(segment, rule);
    return statement.feature('segment', key, () => sql`
      select c.id as contact_id from contact c${inner.joins()}
      where ${statement.ofTenant('c')}${statement.amongCandidates('c.id')} and ${inner.read(verdict)}`);
  }

  #isIn(feature: string): Sql {
    this.joined.add(feature);
    return sql`(${sql.ref(`${feature}.contact_id`)} is not null)`;
  }

  /** Of candidates all lists are read at once, by contact; of everybody each list is joined as it is. */
  #listed(segment: string): Sql {
    const statement = this.#statement;
    if (!statement.ofCandidates) {
      const list = statement.feature('segment', `segment ${segment}`, () => sql`
        select m.contact_id from segment_member m where ${statement.ofTenant('m')} and m.segment_id = ${segment}::uuid`, false);
      return this.#isIn(list);
    }
    const { feature: key, wanted } = statement.share<string>('lists', segment, segment);
    return this.#contains(statement.feature('lists', key, () => sql`
      select m.contact_id, array_agg(m.segment_id) as segments from segment_member m
      where ${statement.ofTenant('m')} and m.segment_id = any(${wanted}::uuid[])${statement.amongCandidates('m.contact_id')}
      group by m.contact_id`), 'segments', segment);
  }

  /** An override wins over everything while `asOf` lies before its end. */
  #overriding(segment: string, matched: Sql, nullIs: NullIs): Sql {
    const statement = this.#statement;
    if (!statement.mayBeOverridden(segment) && nullIs === 'false') return sql`(${matched})`;
    const matches = sql`coalesce(${matched}, false)`;
    if (!statement.mayBeOverridden(segment)) return matches;
    const { feature: key, wanted } = statement.share<string>('overrides', segment, segment);
    const feature = statement.feature('overrides', key, () => sql`
      select o.contact_id, array_agg(o.segment_id) filter (where o.pin = 'in') as pinned_in,
        array_agg(o.segment_id) filter (where o.pin = 'out') as pinned_out from segment_override o
      where ${statement.ofTenant('o')} and o.segment_id = any(${wanted}::uuid[])
        and (o.until is null or o.until > ${formatInstant(statement.asOf)}::timestamptz)${statement.amongCandidates('o.contact_id')}
      group by o.contact_id`);
    return sql`((${matches} or ${this.#contains(feature, 'pinned_in', segment)}) and not ${this.#contains(feature, 'pinned_out', segment)})`;
  }

  #contains(feature: string, column: string, segment: string): Sql {
    this.joined.add(feature);
    return sql`coalesce(${segment}::uuid = any(${sql.ref(`${feature}.${column}`)}), false)`;
  }
}
