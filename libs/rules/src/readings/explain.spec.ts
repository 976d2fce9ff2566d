import type { SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { explain } from './explain.js';
import { textColumns, type ContactSnapshot, type References, type TextColumn } from './memory/snapshot.js';

const asOf = Date.parse('2026-03-15T12:00:00Z');
const listId = '00000000-0000-4000-8000-0000000000a1';
const vocabulary = {
  customFields: [], eventTypes: [],
  segments: new Map([[listId, { id: listId, name: 'VIPs', type: 'static' as const, definition: null }]]),
};

const ann: ContactSnapshot = {
  id: '00000000-0000-4000-8000-000000000001', zone: 'UTC',
  texts: { ...Object.fromEntries(textColumns.map((column) => [column, null])) as Record<TextColumn, null>, email: 'Ann@Example.com' },
  subscriptionStatus: 'active', leadScore: 80, createdAt: asOf - 86_400_000, updatedAt: asOf, tags: ['VIP'], custom: {},
  events: [
    { id: 'a', type: 'converted', occurredAt: asOf - 1, campaignId: null, url: null, device: null, revenue: 0.1, properties: {} },
    { id: 'b', type: 'converted', occurredAt: asOf, campaignId: null, url: null, device: null, revenue: 0.2, properties: {} },
    { id: 'c', type: 'converted', occurredAt: asOf + 1, campaignId: null, url: null, device: null, revenue: 5, properties: {} },
  ],
  campaigns: new Map(), lists: new Set([listId]), overrides: new Map(),
};

function explained(definition: SegmentDefinition) {
  const { rule, faults } = parse(definition, vocabulary);
  if (rule === undefined) throw new Error(JSON.stringify(faults));
  const references: References = new Map([[listId, { kind: 'static' }]]);
  return explain(definition, rule, ann, { asOf, references });
}

describe('an explanation', () => {
  it('is the definition with a verdict on each node and what each condition found', () => {
    const definition: SegmentDefinition = {
      match: 'all',
      groups: [{
        match: 'any', negate: true,
        conditions: [
          { field: 'contact.company', operator: 'is_set' },
          { match: 'all', conditions: [{ field: 'contact.email_domain', operator: 'equals', value: 'EXAMPLE.org' }] },
        ],
      }, {
        match: 'all',
        conditions: [
          { event: 'converted', measure: 'revenue', count: { operator: 'equals', value: 0.3 } },
          { event: 'opened', measure: { fn: 'avg', property: 'revenue' }, count: { operator: 'not_equals', value: 1 } },
          { field: 'contact.created_at', operator: 'within_last', value: { amount: 1, unit: 'days' } },
          { field: 'contact.tags', operator: 'contains', value: 'vip' },
        ],
      }],
      exclusions: [{ match: 'all', conditions: [{ segment: listId, operator: 'not_in' }] }],
    };
    const [first, second] = definition.groups as [typeof definition.groups[0], typeof definition.groups[0]];
    expect(explained(definition)).toEqual({
      matches: true,
      groups: [
        {
          ...first, matches: true, conditions: [
            { ...first.conditions[0], matches: false, actual: null },
            {
              match: 'all', matches: false,
              conditions: [{ field: 'contact.email_domain', operator: 'equals', value: 'EXAMPLE.org', matches: false, actual: 'Example.com' }],
            },
          ],
        },
        {
          ...second, matches: true, conditions: [
            { ...second.conditions[0], matches: true, actual: 0.3 }, { ...second.conditions[1], matches: true, actual: null },
            { ...second.conditions[2], matches: true, actual: '2026-03-14T12:00:00.000Z' },
            { ...second.conditions[3], matches: true, actual: ['VIP'] },
          ],
        },
      ],
      exclusions: [{
        match: 'all', matches: false, conditions: [{ segment: listId, operator: 'not_in', matches: false, actual: true }],
      }],
    });
  });
});
