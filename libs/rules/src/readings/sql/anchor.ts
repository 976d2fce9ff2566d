import type { Condition, Node, Rule } from '../../rule.js';
import { conditionsOf } from '../conditions.js';
import { engagementFeature } from './engagement.js';
import { measureFeature, measureWantsRow } from './events.js';
import { figureWantsRow } from './fields.js';
import type { Statement } from './statement.js';

/**
 * The feature in which whoever matches has a row, of a rule that asks of the contact nothing but its events and their figures:
 * then the table of contacts need not be read (of 100,000 contacts who open at some hour 16 ms, and 34 with it). Every event is
 * of a contact that is there, by its foreign key, and figures are written and deleted with the events that they are of. `null`
 * where there is none.
 */
export function anchorOf(rule: Rule, statement: Statement): string | null {
  const moment = { asOf: statement.asOf, timezone: rule.timezone };
  if (statement.ofCandidates || !conditionsOf(rule).every(asksOfEvents)) return null;
  const one = togetherIn(rule.groups, rule.match).find((condition) =>
    (condition.kind === 'event' && measureWantsRow(condition, moment)) || (condition.kind === 'field' && figureWantsRow(condition, moment)));
  if (one === undefined) return null;
  return one.kind === 'event' ? measureFeature(one, moment, statement).feature : engagementFeature(statement);
}

function asksOfEvents(condition: Condition): boolean {
  return condition.kind === 'event' || condition.kind === 'random' || (condition.kind === 'field' && condition.field.source === 'engagement');
}

/** The conditions that hold of whoever matches. */
function togetherIn(nodes: readonly Node[], match: 'all' | 'any'): Condition[] {
  if (match === 'any' && nodes.length !== 1) return [];
  return nodes.flatMap((node) => {
    if (node.kind !== 'group') return [node];
    return node.negate ? [] : togetherIn(node.conditions, node.match);
  });
}
