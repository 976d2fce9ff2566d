import type { SegmentDefinition } from '../../src/definition.js';
import type { CustomFieldTerm, CustomFieldType, SegmentTerm, Vocabulary } from '../../src/vocabulary.js';

const id = (last: number): string => `00000000-0000-7000-8000-${String(last).padStart(12, '0')}`;

const custom = (n: number, key: string, type: CustomFieldType, options: string[] = []): CustomFieldTerm =>
  ({ id: id(100 + n), key, label: key.replaceAll('_', ' '), type, options });

export const segmentIds = { dynamic: id(1), static: id(2) } as const;

export const everyone: SegmentDefinition = { match: 'all', groups: [] };

export function dynamicSegment(segmentId: string, name: string, definition: SegmentDefinition): SegmentTerm {
  return { id: segmentId, name, type: 'dynamic', definition };
}

export function vocabularyWith(segments: readonly SegmentTerm[] = []): Vocabulary {
  return {
    customFields: [
      custom(1, 'nickname', 'text'), custom(2, 'ltv', 'number'), custom(3, 'vip', 'boolean'), custom(4, 'trial_end', 'date'),
      custom(5, 'last_call', 'datetime'), custom(6, 'plan', 'select', ['Free', 'Pro']), custom(7, 'interests', 'multi_select', ['AI', 'Sales']),
    ],
    eventTypes: [
      { id: id(201), key: 'purchased', label: 'Purchased', properties: { sku: 'string', total: 'number' } },
      { id: id(202), key: 'attended', label: 'Attended', properties: { total: 'string' } },
    ],
    segments: new Map([
      dynamicSegment(segmentIds.dynamic, 'Everyone', everyone),
      { id: segmentIds.static, name: 'List', type: 'static', definition: null } satisfies SegmentTerm,
      ...segments,
    ].map((segment) => [segment.id, segment])),
  };
}

/** The id of a made-up segment of a test. */
export function segmentId(n: number): string {
  return id(1_000 + n);
}
