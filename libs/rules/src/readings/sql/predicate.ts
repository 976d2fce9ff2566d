import type { Moment } from '../../registry/operator.js';
import type { Condition, FieldCondition, Group, Node, RandomCondition, Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { datedSql } from './dates.js';
import { engagementFeature } from './engagement.js';
import { measureFeature, measureTestSql } from './events.js';
import { contactFieldSql, figureColumn, figureSql } from './fields.js';
import type { NullIs } from './guard.js';
import { placeSql } from './place.js';
import type { Statement } from './statement.js';

/** Whether the contact `c` is a member of another segment: true or false, and null for false only where it may be. */
export type MemberOf = (segment: string, nullIs: NullIs) => Sql;

/**
 * A rule as a boolean expression over `contact c` and features of one row a contact, whose names are added to `joined`.
 * Null stands for false. A condition that is `dated` is written over `contact_date d`.
 */
export function predicateSql(rule: Rule, statement: Statement, memberOf: MemberOf, joined: Set<string>, dated: FieldCondition | null = null): Sql {
  return new Predicate(rule, statement, memberOf, joined, dated).whole(rule);
}

/** One condition of a rule in the same manner, as true or false and never null. */
export function conditionSql(condition: Condition, rule: Rule, statement: Statement, memberOf: MemberOf, joined: Set<string>): Sql {
  return new Predicate(rule, statement, memberOf, joined, null).condition(condition, 'forbidden');
}

class Predicate {
  readonly #statement: Statement;
  readonly #moment: Moment;
  readonly #memberOf: MemberOf;
  readonly #joined: Set<string>;
  readonly #dated: FieldCondition | null;

  constructor({ timezone }: Rule, statement: Statement, memberOf: MemberOf, joined: Set<string>, dated: FieldCondition | null) {
    this.#statement = statement;
    this.#moment = { asOf: statement.asOf, timezone };
    this.#memberOf = memberOf;
    this.#joined = joined;
    this.#dated = dated;
  }

  whole({ match, groups, exclusions }: Rule): Sql {
    // No groups at all match everyone, whatever `match` says.
    const included = this.#nodes(groups, groups.length === 0 ? 'all' : match, 'false');
    return exclusions.length === 0 ? included : sql`${included} and not ${this.#nodes(exclusions, 'any', 'forbidden')}`;
  }

  #nodes(nodes: readonly Node[], match: 'all' | 'any', nullIs: NullIs): Sql {
    if (nodes.length === 0) return match === 'all' ? sql`true` : sql`false`;
    const parts = nodes.map((node) => node.kind === 'group' ? this.#group(node, nullIs) : this.condition(node, nullIs));
    return sql`(${sql.join(parts, match === 'all' ? sql` and ` : sql` or `)})`;
  }

  #group({ conditions, match, negate }: Group, nullIs: NullIs): Sql {
    return negate ? sql`not ${this.#nodes(conditions, match, 'forbidden')}` : this.#nodes(conditions, match, nullIs);
  }

  condition(condition: Condition, nullIs: NullIs): Sql {
    const moment = this.#moment;
    switch (condition.kind) {
      case 'field': {
        if (condition === this.#dated) return datedSql(condition, moment, this.#statement);
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
        return condition.negate ? sql`not ${this.#memberOf(condition.segment, 'forbidden')}` : this.#memberOf(condition.segment, nullIs);
      }
      case 'random': return randomSql(condition);
    }
  }

  #joinKnown(name: string): string {
    this.#joined.add(name);
    return name;
  }
}

function randomSql({ salt, from, to }: RandomCondition): Sql {
  const place = placeSql(salt, sql`c.id`);
  return sql`(${place} >= ${from}::float8 and ${place} < ${to}::float8)`;
}
