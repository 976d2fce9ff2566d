import type { Condition, Node, Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { formatInstant } from '../../time/calendar.js';
import { nodesOf } from '../conditions.js';
import { conditionSql } from './predicate.js';
import type { Statement } from './statement.js';
import { Verdicts } from './verdicts.js';

/** A value beside each contact: a column of a level, which reads only columns of the levels below. */
interface Column {
  readonly level: number;
  readonly name: string;
  readonly expression: Sql;
}

/**
 * For each node of a rule, in the order of `nodesOf`, how many contacts it is true for and how many it decides, as one
 * row: `matches` and `decides`, arrays of one length. Whom an override of the segment pins, no node decides.
 */
export function selectBreakdown(rule: Rule, statement: Statement, segmentOfOverrides: string | undefined): Sql {
  const verdicts = new Verdicts(statement, [rule]);
  const tree = new Tree((condition) => conditionSql(condition, rule, statement, (segment, nullIs) => verdicts.isMember(segment, nullIs), verdicts.joined));
  const decides = tree.decidesOf(rule);
  const undecided = segmentOfOverrides === undefined || !statement.mayBeOverridden(segmentOfOverrides) ? sql`` : sql` and not ${pinnedSql(segmentOfOverrides, statement)}`;
  const nodes = nodesOf(rule);
  const counts = (columnOf: (node: Node) => Column, and: Sql): Sql =>
    sql`array[${sql.join(nodes.map((node) => sql`count(*) filter (where ${read(columnOf(node))}${and})`))}]::bigint[]`;
  return sql`select ${counts((node) => tree.valueOf(node), sql``)} as matches, ${counts((node) => decides.get(node)!, undecided)} as decides
    from contact c${verdicts.joins()}${tree.joins()} where ${statement.ofTenant('c')}`;
}

/**
 * The nodes of a rule as columns. What a node decides follows from how many of its siblings are true, so that 200
 * conditions cost some hundred columns and not the square of it.
 */
class Tree {
  readonly #columns: Column[] = [];
  readonly #values = new Map<Node, Column>();
  readonly #counted = new Map<readonly Node[], Column>();

  constructor(private readonly conditionOf: (condition: Condition) => Sql) {}

  /** Whether a node holds: true or false, never null. */
  valueOf(node: Node): Column {
    const known = this.#values.get(node);
    if (known !== undefined) return known;
    const value = node.kind === 'group' ? this.#holds(node.conditions, node.match, node.negate) : this.#column(0, this.conditionOf(node));
    this.#values.set(node, value);
    return value;
  }

  /** Whether the result would be another if a node alone were. */
  decidesOf({ match, groups, exclusions }: Rule): ReadonlyMap<Node, Column> {
    const decides = new Map<Node, Column>();
    // No groups at all match everyone, whatever `match` says.
    const included = this.#holds(groups, groups.length === 0 ? 'all' : match, false);
    const isFree = this.#holds(exclusions, 'any', true);
    // A group counts where nothing excludes the contact, and an exclusion where the groups include it.
    this.#spread(groups, match, isFree, decides);
    this.#spread(exclusions, 'any', included, decides);
    return decides;
  }

  /** The levels from below; `offset 0` keeps a level's expressions from being copied into every reader. */
  joins(): Sql {
    const levels = [...Map.groupBy(this.#columns, ({ level }) => level)].sort(([one], [other]) => one - other);
    return sql.join(levels.map(([level, columns]) => sql` cross join lateral (select
      ${sql.join(columns.map(({ name, expression }) => sql`${expression} as ${sql.ref(name)}`))} offset 0) ${sql.ref(`tree_${level}`)}`), sql``);
  }

  #holds(nodes: readonly Node[], match: 'all' | 'any', negate: boolean): Column {
    const trues = this.#trues(nodes);
    const holds = match === 'all' ? sql`${read(trues)} = ${nodes.length}::int` : sql`${read(trues)} > 0`;
    return this.#column(trues.level + 1, negate ? sql`not (${holds})` : sql`(${holds})`);
  }

  /** Where whatever holds the nodes decides, each of them does whose siblings leave the outcome to it. */
  #spread(nodes: readonly Node[], match: 'all' | 'any', outer: Column, decides: Map<Node, Column>): void {
    const trues = this.#trues(nodes);
    for (const node of nodes) {
      const value = this.valueOf(node);
      const level = Math.max(outer.level, trues.level, value.level) + 1;
      const neutral = match === 'all' ? nodes.length - 1 : 0;
      const column = this.#column(level, sql`(${read(outer)} and ${read(trues)} - ${read(value)}::int = ${neutral}::int)`);
      decides.set(node, column);
      if (node.kind === 'group') this.#spread(node.conditions, node.match, column, decides);
    }
  }

  #trues(nodes: readonly Node[]): Column {
    const known = this.#counted.get(nodes);
    if (known !== undefined) return known;
    const values = nodes.map((node) => this.valueOf(node));
    const sum = values.length === 0 ? sql`0` : sql.join(values.map((value) => sql`${read(value)}::int`), sql` + `);
    const trues = this.#column(Math.max(-1, ...values.map(({ level }) => level)) + 1, sql`(${sum})`);
    this.#counted.set(nodes, trues);
    return trues;
  }

  #column(level: number, expression: Sql): Column {
    const column = { level, name: `node_${this.#columns.length + 1}`, expression };
    this.#columns.push(column);
    return column;
  }
}

function read({ level, name }: Column): Sql {
  return sql.ref(`tree_${level}.${name}`);
}

/** Whether an override of the segment holds for the contact at `asOf`. */
function pinnedSql(segment: string, statement: Statement): Sql {
  return sql`exists (select from segment_override o where ${statement.ofTenant('o')} and o.segment_id = ${segment}::uuid
    and o.contact_id = c.id and (o.until is null or o.until > ${formatInstant(statement.asOf)}::timestamptz))`;
}
