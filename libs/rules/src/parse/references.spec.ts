import type { GroupDefinition, SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { dynamicSegment, segmentId, vocabularyWith } from '../../test/support/vocabulary.js';

const group = (...conditions: GroupDefinition['conditions']): GroupDefinition => ({ match: 'all', conditions });
const city = { field: 'contact.city', operator: 'is_set' };
const naming = (...ids: string[]): SegmentDefinition => ({
  match: 'all', groups: [group(...ids.map((id) => ({ segment: id, operator: 'in' as const })))],
});
const cities = (count: number): GroupDefinition => group(...Array.from({ length: count }, () => city));

/** Segments 0 … n, each of which refers to the one before. */
const chain = (length: number) => Array.from({ length: length + 1 }, (_, n) =>
  dynamicSegment(segmentId(n), `S${n}`, n === 0 ? { match: 'all', groups: [] } : naming(segmentId(n - 1))));

describe('references to other segments', () => {
  const first = '/groups/0/conditions/0/segment';

  test('may go ten deep and no deeper', () => {
    const vocabulary = vocabularyWith(chain(10));
    expect(parse(naming(segmentId(9)), vocabulary).faults).toBeUndefined();
    expect(parse(naming(segmentId(9), segmentId(10)), vocabulary).faults).toMatchObject([
      { path: '/groups/0/conditions/1/segment', code: 'limit_exceeded' },
    ]);
  });

  test('may not push a segment that refers to this one too deep', () => {
    const vocabulary = vocabularyWith([
      ...chain(8), dynamicSegment(segmentId(20), 'Changed', { match: 'all', groups: [] }),
      dynamicSegment(segmentId(21), 'Above', naming(segmentId(20))),
    ]);
    expect(parse(naming(segmentId(8)), vocabulary, { self: segmentId(20) }).faults).toBeUndefined();
    const higher = vocabularyWith([...vocabulary.segments.values(), dynamicSegment(segmentId(22), 'Top', naming(segmentId(21)))]);
    expect(parse(naming(segmentId(8)), higher, { self: segmentId(20) }).faults).toMatchObject([{ path: first, code: 'limit_exceeded' }]);
  });

  test('may not close a circle, whose path the message names', () => {
    const vocabulary = vocabularyWith(chain(2));
    expect(parse(naming(segmentId(2)), vocabulary, { self: segmentId(0) }).faults).toEqual([
      { path: first, code: 'segment_cycle', message: expect.stringContaining('S0 → S2 → S1 → S0') },
    ]);
    expect(parse(naming(segmentId(0)), vocabulary, { self: segmentId(0).toUpperCase() }).faults).toMatchObject([
      { path: first, code: 'segment_cycle', message: expect.stringContaining('S0 → S0') },
    ]);
  });

  test('reach at most 2,000 conditions, each segment once', () => {
    const big = Array.from({ length: 9 }, (_, n) => dynamicSegment(segmentId(n), `Big ${n}`, { match: 'all', groups: [cities(200)] }));
    const ids = big.map(({ id }) => id);
    const twice = dynamicSegment(segmentId(9), 'Twice', naming(...ids));
    const vocabulary = vocabularyWith([...big, twice]);
    const definition = (count: number): SegmentDefinition => ({ match: 'all', groups: [cities(count), ...naming(segmentId(9), ...ids).groups] });
    expect(parse(definition(181), vocabulary).faults).toBeUndefined();
    expect(parse(definition(182), vocabulary).faults).toMatchObject([{ path: '/groups/1/conditions/0/segment', code: 'limit_exceeded' }]);
  });

  test('may not make a segment that refers to this one reach more than 2,000 conditions', () => {
    const big = Array.from({ length: 9 }, (_, n) => dynamicSegment(segmentId(n), `Big ${n}`, { match: 'all', groups: [cities(200)] }));
    const small = dynamicSegment(segmentId(20), 'Small', { match: 'all', groups: [] });
    const above = dynamicSegment(segmentId(21), 'Above', naming(...big.map(({ id }) => id), small.id));
    const vocabulary = vocabularyWith([...big, small, above]);
    expect(parse({ match: 'all', groups: [cities(190)] }, vocabulary, { self: small.id }).faults).toBeUndefined();
    expect(parse({ match: 'all', groups: [cities(191)] }, vocabulary, { self: small.id }).faults).toMatchObject([{ path: '', code: 'limit_exceeded' }]);
  });
});
