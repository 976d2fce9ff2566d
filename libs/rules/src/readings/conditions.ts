import type { Condition, Node, Rule } from '../rule.js';

/** All conditions of a rule in document order, those of its exclusions last. */
export function conditionsOf(rule: Rule): Condition[] {
  return [...rule.groups, ...rule.exclusions].flatMap(conditionsIn);
}

function conditionsIn(node: Node): Condition[] {
  return node.kind === 'group' ? node.conditions.flatMap(conditionsIn) : [node];
}
