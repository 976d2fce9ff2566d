import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { SegmentDefinition } from '../definition.js';
import { fieldRows } from '../registry/fields.js';
import { operators, operatorsFor } from '../registry/operators/index.js';
import { templates } from '../templates/templates.js';
import { dynamicSegment, segmentId, segmentIds, vocabularyWith } from '../../test/support/vocabulary.js';
import { catalog } from './catalog.js';
import { jsonSchema } from './json-schema.js';
import { referencePage } from './reference-page.js';

const vocabulary = vocabularyWith([dynamicSegment(segmentId(1), 'Other', { match: 'all', groups: [] })]);
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: false });
addFormats.default(ajv);
const validate = ajv.compile(jsonSchema(vocabulary));
const among = (...conditions: unknown[]): unknown => ({ match: 'all', groups: [{ match: 'any', negate: true, conditions }] });

describe('the JSON Schema of a definition', () => {
  test.each([
    ['no groups', { match: 'all', groups: [] }],
    ['every kind of condition', among(
      { field: 'customField.plan', operator: 'in', value: ['Pro'], dataType: 'string' }, { field: 'contact.city', operator: 'is_set' },
      { field: 'contact.city', operator: 'is_not_set', value: null },
      { field: 'customField.trial_end', operator: 'less_than', value: { relative: 'today', plus: -3, unit: 'months' } },
      { field: 'contact.created_at', operator: 'between', value: ['2026-01-01', { fromNow: 3, unit: 'minutes' }] },
      { field: 'contact.created_at', operator: 'anniversary', value: { in_days: 366 } },
      { event: ['opened', 'purchased'], count: { operator: 'between', value: [1, 2] }, measure: { fn: 'sum', property: 'properties.total' },
        window: { from: '2026-01-01T00:00:00.5+02:00' }, pick: 'first', whereMatch: 'any',
        where: [{ property: 'properties.a', operator: 'equals', value: true }, { property: 'hour', operator: 'between', value: [1, 2] }] },
      { segment: segmentIds.static, operator: 'not_in' }, { random: { salt: 'a', from: 0, to: 100 } }, { match: 'all', conditions: [] },
    )],
  ])('takes %s', (_title, definition) => {
    expect([validate(definition), validate.errors]).toEqual([true, null]);
  });

  test.each([
    ['an unknown key', { match: 'all', groups: [], x: 1 }],
    ['an unknown field', among({ field: 'contact.citty', operator: 'is_set' })],
    ['an operator of another type', among({ field: 'contact.lead_score', operator: 'contains', value: 'x' })],
    ['a value of another type', among({ field: 'contact.lead_score', operator: 'equals', value: 'x' })],
    ['no value', among({ field: 'contact.lead_score', operator: 'equals' })],
    ['hours on a date', among({ field: 'customField.trial_end', operator: 'within_last', value: { amount: 1, unit: 'hours' } })],
    ['a sum of texts', among({ event: 'opened', measure: { fn: 'sum', property: 'url' } })],
    ['a window of mixed form', among({ event: 'opened', window: { last: 1, unit: 'days', during: 'today' } })],
    ['an unknown event', among({ event: 'seen' })],
  ])('refuses %s', (_title, definition) => {
    expect(validate(definition)).toBe(false);
  });

  test('takes the templates that need no custom fields', () => {
    const ready: SegmentDefinition[] = templates.filter(({ requires }) => requires.customFields.length + requires.segments.length === 0).map(({ rules }) => rules);
    expect(ready.filter((definition) => !validate(definition))).toEqual([]);
    expect(ready.length).toBeGreaterThan(10);
  });
});

describe('the catalog', () => {
  const all = catalog(vocabulary);

  test('lists every field with its operators, and options where it has a closed list', () => {
    expect(all.fields).toHaveLength(fieldRows.length + vocabulary.customFields.length);
    expect(all.fields).toContainEqual({
      field: 'customField.plan', label: 'plan', type: 'string', source: 'custom', customType: 'select', options: ['Free', 'Pro'],
      operators: operatorsFor('string').map(({ name }) => name),
    });
  });

  test('lists the tenant’s own events and their properties', () => {
    expect(all.events).toContainEqual({ type: 'purchased', label: 'Purchased', own: true, properties: { sku: 'string', total: 'number' } });
    expect(all.eventProperties.map(({ property }) => property)).toContain('properties.total');
  });

  test('lists every operator with the shape of its value', () => {
    expect(all.operators).toHaveLength(operators.length);
    expect(all.operators.every(({ value }) => value.shape !== '' && value.description !== '')).toBe(true);
  });

  test('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
  });
});

describe('the reference page', () => {
  test('names every field, operator and template', () => {
    const page = referencePage();
    for (const name of [...fieldRows.map((row) => row.name), ...operators.map((row) => row.name), ...templates.map(({ key }) => key)]) {
      expect(page).toContain(`\`${name}\``);
    }
  });
});
