import type { Condition, Node, Rule } from '../rule.js';
import type { References } from './memory/snapshot.js';

/** All conditions of a rule in document order, those of its exclusions last. */
export function conditionsOf(rule: Rule): Condition[] {
  return [...rule.groups, ...rule.exclusions].flatMap(conditionsIn);
}

/** The rules, and those of the segments that they reach. */
export function rulesReached(rules: readonly Rule[], references: References): Rule[] {
  return [...rules, ...[...references.values()].flatMap((reference) => (reference.kind === 'dynamic' ? [reference.rule] : []))];
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
