import type { Moment } from '../../registry/operator.js';
import type { Condition, Group, Node, RandomCondition, Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { formatInstant } from '../../time/calendar.js';
import { engagementFeature } from './engagement.js';
import { measureFeature, measureTestSql } from './events.js';
import { contactFieldSql, figureColumn, figureSql } from './fields.js';
import type { NullIs } from './guard.js';
import type { Statement } from './statement.js';

/** The contacts that match a rule, as one column `contact_id`; with a segment's id, its overrides are applied. */
export function selectMembers(rule: Rule, statement: Statement, segmentOfOverrides: string | undefined): Sql {
  const predicate = new Predicate(rule, statement);
  const matches = predicate.whole(rule);
  const joins = predicate.features.map((name) => sql` left join ${sql.ref(name)} on ${sql.ref(`${name}.contact_id`)} = c.id`);
  const matching = sql`select c.id as contact_id from contact c${sql.join(joins, sql``)}
    where ${statement.ofTenant('c')}${statement.amongCandidates('c.id')} and ${matches}`;
  return segmentOfOverrides === undefined ? matching : withOverrides(matching, segmentOfOverrides, statement);
}

/** An override wins over everything while `asOf` lies before its end. */
function withOverrides(matching: Sql, segment: string, statement: Statement): Sql {
  const holding = sql`${statement.ofTenant('o')} and o.segment_id = ${segment}::uuid
    and (o.until is null or o.until > ${formatInstant(statement.asOf)}::timestamptz)`;
  return sql`${matching} and not exists (select from segment_override o where ${holding} and o.contact_id = c.id)
    union all
    select c.id as contact_id from segment_override o join contact c on ${statement.ofTenant('c')} and c.id = o.contact_id
    where ${holding} and o.pin = 'in'${statement.amongCandidates('o.contact_id')}`;
}

/** A rule as a boolean expression over `contact c` and the features that it joins. */
class Predicate {
  readonly #statement: Statement;
  readonly #moment: Moment;
  readonly #joined = new Set<string>();

  constructor({ timezone }: Rule, statement: Statement) {
    this.#statement = statement;
    this.#moment = { asOf: statement.asOf, timezone };
  }

  get features(): readonly string[] {
    return [...this.#joined];
  }

  whole({ match, groups, exclusions }: Rule): Sql {
    // No groups at all match everyone, whatever `match` says.
    const included = this.#nodes(groups, groups.length === 0 ? 'all' : match, 'false');
    return exclusions.length === 0 ? included : sql`${included} and not ${this.#nodes(exclusions, 'any', 'forbidden')}`;
  }

  #nodes(nodes: readonly Node[], match: 'all' | 'any', nullIs: NullIs): Sql {
    if (nodes.length === 0) return match === 'all' ? sql`true` : sql`false`;
    const parts = nodes.map((node) => node.kind === 'group' ? this.#group(node, nullIs) : this.#condition(node, nullIs));
    return sql`(${sql.join(parts, match === 'all' ? sql` and ` : sql` or `)})`;
  }

  #group({ conditions, match, negate }: Group, nullIs: NullIs): Sql {
    return negate ? sql`not ${this.#nodes(conditions, match, 'forbidden')}` : this.#nodes(conditions, match, nullIs);
  }

  #condition(condition: Condition, nullIs: NullIs): Sql {
    const moment = this.#moment;
    switch (condition.kind) {
      case 'field': {
        if (condition.field.source !== 'engagement') return contactFieldSql(condition, moment, nullIs);
        this.#statement.useFigure(figureColumn(condition.field));
        return figureSql(condition, this.#joinKnown(engagementFeature(this.#statement)), moment, nullIs);
      }
      case 'event': {
        const columns = measureFeature(condition, moment, this.#statement);
        this.#joinKnown(columns.feature);
        return measureTestSql(condition, columns, moment, nullIs);
      }
      case 'segment': {
        const member = sql`(${sql.ref(`${this.#segment(condition.segment)}.contact_id`)} is not null)`;
        return condition.negate ? sql`not ${member}` : member;
      }
      case 'random': return randomSql(condition);
    }
  }

  /** The other segment as one feature; its own features come before it, so it is built at once. */
  #segment(segment: string): string {
    const reference = this.#statement.references.get(segment);
    if (reference === undefined) throw new Error(`The rule reaches segment ${segment}, which was not handed over.`);
    const key = `segment ${segment}`;
    const known = this.#statement.known(key);
    if (known !== undefined) return this.#joinKnown(known);
    const members = reference.kind === 'static'
      ? sql`select m.contact_id from segment_member m
        where ${this.#statement.ofTenant('m')} and m.segment_id = ${segment}::uuid${this.#statement.amongCandidates('m.contact_id')}`
      : selectMembers(reference.rule, this.#statement, segment);
    return this.#join('segment', key, () => members);
  }

  #join(prefix: 'segment', key: string, build: () => Sql): string {
    return this.#joinKnown(this.#statement.feature(prefix, key, build));
  }

  #joinKnown(name: string): string {
    this.#joined.add(name);
    return name;
  }
}

/** The place in [0, 100) of a contact: the first 32 bits of the MD5 of `<salt>:<id>`, exact in a double. */
function randomSql({ salt, from, to }: RandomCondition): Sql {
  const place = sql`(('x' || left(md5(${`${salt}:`}::text || c.id::text), 8))::bit(32)::bigint * 100 / 4294967296::float8)`;
  return sql`(${place} >= ${from}::float8 and ${place} < ${to}::float8)`;
}
