import type { Condition, FieldCondition, Node, Rule } from '../../rule.js';
import { conditionsOf } from '../conditions.js';

/** The conditions that hold of whoever matches. */
export function togetherIn(nodes: readonly Node[], match: 'all' | 'any'): Condition[] {
  if (match === 'any' && nodes.length !== 1) return [];
  return nodes.flatMap((node) => {
    if (node.kind !== 'group') return [node];
    return node.negate ? [] : togetherIn(node.conditions, node.match);
  });
}

/** Whether a condition asks of the contact nothing but its events and their figures. */
export function asksOfEvents(condition: Condition): boolean {
  return condition.kind === 'event' || condition.kind === 'random' || (condition.kind === 'field' && condition.field.source === 'engagement');
}

/** Whether a rule asks of the contact nothing but this date, its events and their figures. */
export function asksOnlyOf(dated: FieldCondition, rule: Rule): boolean {
  return conditionsOf(rule).every((condition) => condition === dated || asksOfEvents(condition));
}
