import { MAX_REACHED_CONDITIONS, MAX_REFERENCE_DEPTH } from '../limits.js';
import { addFault, type Reading, type Reference } from './reading.js';
import { SegmentGraph } from './segment-graph.js';

/**
 * What a definition's references may not do: close a cycle, go too deep, or reach too much; nor may a segment that refers
 * to this one come to do so by it. `self` is the id of the segment that is being saved, null of a new one.
 */
export function checkReferences(reading: Reading, self: string | null): void {
  const ids = [...new Set(reading.references.map(({ id }) => id))];
  const graph = new SegmentGraph(reading.vocabulary, self, { references: ids, conditions: reading.conditions });
  const sound = reading.references.filter((reference) => !closesCycle(reference, self, graph, reading));
  checkDepth(sound, self, graph, reading);
  checkReach(ids, self, graph, reading);
}

function closesCycle({ pointer, id }: Reference, self: string | null, graph: SegmentGraph, reading: Reading): boolean {
  const back = self === null ? null : graph.path(id, self);
  if (self === null || back === null) return false;
  addFault(reading, pointer, 'segment_cycle', `The segments refer to one another in a circle: ${[graph.nameOf(self), ...back].join(' → ')}.`);
  return true;
}

function checkDepth(references: readonly Reference[], self: string | null, graph: SegmentGraph, reading: Reading): void {
  if (references.length === 0) return;
  const height = self === null ? 0 : graph.height(self);
  for (const { pointer, id } of references) {
    const depth = graph.depth(id) + 1;
    if (depth + height <= MAX_REFERENCE_DEPTH) continue;
    const whose = depth <= MAX_REFERENCE_DEPTH ? 'Of a segment that refers to this one, references' : 'References';
    addFault(reading, pointer, 'limit_exceeded',
      `${whose} would go ${depth + height} segments deep through '${graph.nameOf(id)}'; the most is ${MAX_REFERENCE_DEPTH}.`);
  }
}

function checkReach(ids: readonly string[], self: string | null, graph: SegmentGraph, reading: Reading): void {
  const path = reading.references[0]?.pointer ?? '';
  const limit = `the most is ${MAX_REACHED_CONDITIONS}.`;
  const own = reading.conditions + graph.reachedConditions(ids, self);
  if (ids.length > 0 && own > MAX_REACHED_CONDITIONS) {
    addFault(reading, path, 'limit_exceeded', `With the segments that they reach, the rules have ${own} conditions; ${limit}`);
    return;
  }
  for (const dependent of self === null ? [] : graph.allDependents(self)) {
    const reached = graph.reachedConditions([dependent]);
    if (reached <= MAX_REACHED_CONDITIONS) continue;
    addFault(reading, path, 'limit_exceeded',
      `The segment '${graph.nameOf(dependent)}', which refers to this one, would have ${reached} conditions with all that it reaches; ${limit}`);
    return;
  }
}
