import type { ConditionDefinition, GroupDefinition, SegmentDefinition } from '../../src/definition.js';
import { alternatives, type Alternative } from './alternatives.js';
import { vocabulary } from './tenant.js';

/** A definition that differs from a template in one thing. */
export interface Mutant {
  /** Where, as a JSON Pointer, and what is there instead. */
  readonly what: string;
  readonly definition: SegmentDefinition;
}

type Path = readonly (string | number)[];
type Node = ConditionDefinition | GroupDefinition;

/** Each condition, group and exclusion dropped or altered, each `match` flipped, and, where days count, other zones. */
export function mutantsOf(definition: SegmentDefinition): Mutant[] {
  const changes: Change[] = [];
  if (definition.groups.length > 1) changes.push(flipped(definition.match, []));
  for (const [index, group] of definition.groups.entries()) changes.push(...nodeChanges(group, ['groups', index]));
  for (const [index, group] of (definition.exclusions ?? []).entries()) changes.push(...nodeChanges(group, ['exclusions', index]));
  if (hasDays(definition)) {
    for (const zone of ['America/Los_Angeles', 'Pacific/Kiritimati']) changes.push({ path: ['timezone'], what: zone, to: zone });
  }
  return changes.map(({ path, what, to }) => ({ what: `/${path.join('/')}: ${what}`, definition: changed(definition, path, to) }));
}

interface Change { readonly path: Path; readonly what: string; readonly to: unknown }

/** What a member is changed to where it is taken out. */
const DROPPED = Symbol('dropped');

function nodeChanges(node: Node, path: Path): Change[] {
  const dropped = { path, what: 'dropped', to: DROPPED };
  if (!('conditions' in node)) return [dropped, ...alternatives(node).map(([what, to]: Alternative) => ({ path, what, to }))];
  return [
    dropped,
    { path, what: 'negated', to: { ...node, negate: node.negate !== true } },
    ...(node.conditions.length > 1 ? [flipped(node.match, path)] : []),
    ...node.conditions.flatMap((inner, index) => nodeChanges(inner, [...path, 'conditions', index])),
  ];
}

function flipped(match: 'all' | 'any', path: Path): Change {
  const to = match === 'all' ? 'any' : 'all';
  return { path: [...path, 'match'], what: to, to };
}

/** A copy with one member set or taken out. */
function changed(definition: SegmentDefinition, path: Path, to: unknown): SegmentDefinition {
  const copy = structuredClone(definition);
  let at = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (to !== DROPPED) at[last] = to;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy;
}

function hasDays(definition: SegmentDefinition): boolean {
  const json = JSON.stringify(definition);
  return vocabulary.customFields.some(({ key, type }) => type === 'date' && json.includes(`"customField.${key}"`));
}
