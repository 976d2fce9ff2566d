import { isUuid } from '#kernel';
import { isObject, member } from './json.js';
import { MAX_DEPTH } from './limits.js';
import { parseStored, type ZoneOf } from './parse.js';
import { conditionsOf } from './readings/conditions.js';
import type { Reference, References } from './readings/memory/snapshot.js';
import type { Rule } from './rule.js';
import type { SegmentTerm, Vocabulary } from './vocabulary.js';

/** Every segment that a rule reaches, transitively: its own rule by its stored definition, or that it is a list. */
export function resolveReferences(rule: Rule, vocabulary: Vocabulary, zoneOf?: ZoneOf): References {
  const resolved = new Map<string, Reference>();
  const queue = segmentsOf(rule);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (resolved.has(id)) continue;
    const term = vocabulary.segments.get(id);
    if (term === undefined) throw new Error(`The rules reach segment ${id}, which the vocabulary does not have.`);
    const reference = resolve(term, vocabulary, zoneOf);
    resolved.set(id, reference);
    if (reference.kind === 'dynamic') queue.push(...segmentsOf(reference.rule));
  }
  return resolved;
}

function resolve(term: SegmentTerm, vocabulary: Vocabulary, zoneOf: ZoneOf | undefined): Reference {
  if (term.type === 'static') return { kind: 'static' };
  if (term.definition === null) throw new Error(`Segment ${term.id} is dynamic and has no rules.`);
  return { kind: 'dynamic', rule: parseStored(term.definition, vocabulary, zoneOf) };
}

function segmentsOf(rule: Rule): string[] {
  return conditionsOf(rule).flatMap((condition) => (condition.kind === 'segment' ? [condition.segment] : []));
}

/** The ids of the segments that a definition names, sound or not: what lies deeper than groups may be names none. */
export function segmentsNamed(definition: unknown): string[] {
  const named = new Set<string>();
  const walk = (nodes: unknown, depth: number): void => {
    if (!Array.isArray(nodes) || depth > MAX_DEPTH + 1) return;
    for (const node of nodes) {
      if (!isObject(node)) continue;
      const segment = member(node, 'segment');
      if (typeof segment === 'string' && isUuid(segment)) named.add(segment.toLowerCase());
      walk(member(node, 'conditions'), depth + 1);
    }
  };
  if (isObject(definition)) for (const key of ['groups', 'exclusions']) walk(member(definition, key), 1);
  return [...named];
}
