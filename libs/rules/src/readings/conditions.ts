import type { Condition, Node, Rule } from '../rule.js';

/** All conditions of a rule in document order, those of its exclusions last. */
export function conditionsOf(rule: Rule): Condition[] {
  return [...rule.groups, ...rule.exclusions].flatMap(conditionsIn);
}

/** All nodes of a rule in document order, those of its exclusions last; a group before what it holds. */
export function nodesOf(rule: Rule): Node[] {
  return [...rule.groups, ...rule.exclusions].flatMap(nodesIn);
}

function nodesIn(node: Node): Node[] {
  return node.kind === 'group' ? [node, ...node.conditions.flatMap(nodesIn)] : [node];
}

function conditionsIn(node: Node): Condition[] {
  return node.kind === 'group' ? node.conditions.flatMap(conditionsIn) : [node];
}
