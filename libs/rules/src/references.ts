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
