import type { ConditionDefinition, GroupDefinition, SegmentDefinition } from '../definition.js';

/** Of one node: the contacts for which it is true, and those whose result would flip if it alone flipped. */
interface Counts {
  matches: number;
  decides: number;
}

/** A group or condition as the definition has it, with its counts. */
export type BrokenDownNode = BrokenDownGroup | (ConditionDefinition & Counts);
type BrokenDownGroup = Omit<GroupDefinition, 'conditions'> & Counts & { conditions: BrokenDownNode[] };

export interface Breakdown {
  readonly groups: readonly BrokenDownNode[];
  readonly exclusions: readonly BrokenDownNode[];
}

/** The row of `breakdownSql`: one number a node. */
export interface NodeCounts {
  readonly matches: readonly (string | number)[];
  readonly decides: readonly (string | number)[];
}

/** The definition with what `breakdownSql` counted, which goes through the nodes in the same order. */
export function breakdown({ groups, exclusions = [] }: SegmentDefinition, { matches, decides }: NodeCounts): Breakdown {
  let next = 0;
  const countsOf = (at: number): Counts => ({ matches: Number(matches[at]), decides: Number(decides[at]) });
  const nodeOf = (node: ConditionDefinition | GroupDefinition): BrokenDownNode => {
    const at = next++;
    return 'conditions' in node
      ? { ...node, conditions: node.conditions.map(nodeOf), ...countsOf(at) }
      : { ...node, ...countsOf(at) };
  };
  return { groups: groups.map(nodeOf), exclusions: exclusions.map(nodeOf) };
}
