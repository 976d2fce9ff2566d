import type { ConditionDefinition, GroupDefinition, SegmentDefinition } from '../definition.js';
import { toNumber } from '../exact.js';
import type { Moment } from '../registry/operator.js';
import type { Condition, Group, Rule } from '../rule.js';
import { Evaluation, type Actual, type EvaluationContext } from './evaluate.js';
import type { ContactSnapshot } from './memory/snapshot.js';

/** A group or condition as the definition has it, with what it says of the contact. */
export type ExplainedNode = ExplainedGroup | ExplainedCondition;
export type ExplainedGroup = Omit<GroupDefinition, 'conditions'> & { matches: boolean; conditions: ExplainedNode[] };
/** `actual`: the field's value (null where unset), the measure, or the membership of the other segment. */
export type ExplainedCondition = ConditionDefinition & { matches: boolean; actual: unknown };

export interface Explanation {
  readonly matches: boolean;
  readonly groups: readonly ExplainedGroup[];
  readonly exclusions: readonly ExplainedGroup[];
}

/** Why a contact matches a rule or does not: the definition with a verdict on each node. `rule` is the definition, parsed. */
export function explain(
  definition: SegmentDefinition, rule: Rule, contact: ContactSnapshot, context: EvaluationContext,
): Explanation {
  const evaluation = new Evaluation(contact, context);
  const moment = evaluation.momentOf(rule);
  const groups = (parsed: readonly Group[], sent: readonly GroupDefinition[]): ExplainedGroup[] =>
    parsed.map((group, index) => explainGroup(group, sent[index]!, evaluation, moment));
  return {
    matches: evaluation.matches(rule),
    groups: groups(rule.groups, definition.groups),
    exclusions: groups(rule.exclusions, definition.exclusions ?? []),
  };
}

function explainGroup(group: Group, sent: GroupDefinition, evaluation: Evaluation, moment: Moment): ExplainedGroup {
  const conditions = group.conditions.map((node, index): ExplainedNode => {
    const inner = sent.conditions[index]!;
    return node.kind === 'group'
      ? explainGroup(node, inner as GroupDefinition, evaluation, moment)
      : explainCondition(node, inner as ConditionDefinition, evaluation, moment);
  });
  return { ...sent, conditions, matches: evaluation.nodeHolds(group, moment) };
}

function explainCondition(
  condition: Condition, sent: ConditionDefinition, evaluation: Evaluation, moment: Moment,
): ExplainedCondition {
  const { matches, actual } = evaluation.verdict(condition, moment);
  const isInstant = condition.kind === 'field' && condition.field.type === 'datetime';
  return { ...sent, matches, actual: shown(actual, isInstant) };
}

function shown(actual: Actual, isInstant: boolean): unknown {
  if (actual === null || typeof actual === 'string' || typeof actual === 'boolean') return actual;
  if (typeof actual === 'number') return isInstant ? new Date(actual).toISOString() : actual;
  return 'units' in actual ? toNumber(actual) : actual;
}
