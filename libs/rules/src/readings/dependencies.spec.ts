import type { SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { resolveReferences } from '../references.js';
import { dynamicSegment, segmentId, segmentIds, vocabularyWith } from '../../test/support/vocabulary.js';
import { dependencies, expandedDependencies, timeDependent } from './dependencies.js';

const naming = (id: string): SegmentDefinition => ({ match: 'all', groups: [{ match: 'all', conditions: [{ segment: id, operator: 'in' }] }] });
const among = (...conditions: unknown[]) => ({ match: 'all', groups: [{ match: 'all', conditions }] });

const vocabulary = vocabularyWith([
  dynamicSegment(segmentId(1), 'Timed', among({ field: 'customField.trial_end', operator: 'within_last', value: { amount: 1, unit: 'days' } }) as SegmentDefinition),
  dynamicSegment(segmentId(2), 'Middle', naming(segmentId(1))),
  dynamicSegment(segmentId(3), 'Removed option', among({ field: 'customField.plan', operator: 'equals', value: 'Gone' }) as SegmentDefinition),
]);

function read(definition: unknown) {
  const { rule } = parse(definition, vocabulary);
  return { rule: rule!, references: resolveReferences(rule!, vocabulary) };
}

describe('what a rule rests on', () => {
  test('is what it names itself, each once', () => {
    const { rule } = read(among(
      { field: 'customField.plan', operator: 'is_set' }, { field: 'customField.plan', operator: 'is_not_set' },
      { event: ['purchased', 'opened'], where: [{ property: 'campaign.name', operator: 'contains', value: 'x' }] },
      { segment: segmentId(2), operator: 'in' },
    ));
    expect(dependencies(rule)).toEqual({
      segments: [segmentId(2)], fields: ['customField.plan'], customFields: ['00000000-0000-7000-8000-000000000106'],
      eventTypes: ['00000000-0000-7000-8000-000000000201'], campaignNames: true, conditions: 4,
    });
  });

  test('reaches through other segments when expanded', () => {
    const { rule, references } = read(naming(segmentId(2)));
    expect([...references.keys()].sort()).toEqual([segmentId(1), segmentId(2)]);
    expect(expandedDependencies(rule, references)).toMatchObject({
      segments: [segmentId(2), segmentId(1)], customFields: ['00000000-0000-7000-8000-000000000104'], conditions: 3,
    });
  });

  test('reads a stored rule that names an option which was removed', () => {
    expect(read(naming(segmentId(3))).references.get(segmentId(3))).toMatchObject({ kind: 'dynamic' });
  });

  test.each([
    ['a field alone', among({ field: 'contact.city', operator: 'is_set' }), false],
    ['a fixed day', among({ field: 'contact.created_at', operator: 'after', value: '2026-01-01' }), false],
    ['a day relative to today', among({ field: 'contact.created_at', operator: 'after', value: { relative: 'today' } }), true],
    ['events, which may lie before their time', among({ event: 'opened' }), true],
    ['a list', naming(segmentIds.static), false],
    ['a segment that reaches a timed one', naming(segmentId(2)), true],
    ['a random share', among({ random: { salt: 'a', from: 0, to: 1 } }), false],
  ])('depends on time or not: %s', (_title, definition, expected) => {
    const { rule, references } = read(definition);
    expect(timeDependent(rule, references)).toBe(expected);
  });
});
