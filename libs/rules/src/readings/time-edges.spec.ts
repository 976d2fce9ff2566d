import type { SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { resolveReferences } from '../references.js';
import { dynamicSegment, segmentId, vocabularyWith } from '../../test/support/vocabulary.js';
import { timeMoved } from './time-edges.js';
import { toText } from './to-sql.js';

const naming = (id: string): SegmentDefinition => ({ match: 'all', groups: [{ match: 'all', conditions: [{ segment: id, operator: 'in' }] }] });
const vocabulary = vocabularyWith([
  dynamicSegment(segmentId(1), 'First', { match: 'all', groups: [] }), dynamicSegment(segmentId(2), 'Middle', naming(segmentId(1))),
]);

describe('whom time may move', () => {
  test('are those whose pin ends in the segment itself, or in any that its rules reach', () => {
    const { rule } = parse(naming(segmentId(2)), vocabulary);
    const moved = timeMoved({ tenantId: segmentId(9), rules: [{ rule: rule!, references: resolveReferences(rule!, vocabulary), segment: segmentId(3) }], from: 0, to: 1 });
    const values = toText(moved.sql!).parameters.flat();
    expect([1, 2, 3].map((at) => values.includes(segmentId(at)))).toEqual([true, true, true]);
    expect(moved.sourcesOf).toEqual([[0, 1, 2]]);
  });
});
