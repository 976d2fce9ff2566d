import fc from 'fast-check';
import { faultCodes } from '../../src/faults.js';
import { parse } from '../../src/parse.js';
import { segmentIds, vocabularyWith } from '../support/vocabulary.js';

const vocabulary = vocabularyWith();

const words = [
  'version', 'timezone', 'match', 'groups', 'exclusions', 'negate', 'conditions', 'field', 'operator', 'value', 'dataType', 'event', 'count',
  'measure', 'window', 'pick', 'where', 'whereMatch', 'segment', 'random', 'salt', 'from', 'to', 'last', 'unit', 'olderThan', 'ago', 'during',
  'fn', 'property', 'amount', 'relative', 'plus', '__proto__', 'constructor', 'a/b', '~',
];
const texts = [
  'all', 'any', 'contact.city', 'contact.created_at', 'customField.plan', 'customField.trial_end', 'equals', 'in', 'between', 'within_last',
  'opened', 'purchased', 'properties.total', 'url', 'days', 'today', 'toString', '', '\u0000', '\ud800', segmentIds.dynamic, 'UTC', '2026-01-01',
];

/** JSON that looks like rules often enough to get past the first look. */
const { json } = fc.letrec<{ json: unknown; object: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constantFrom<unknown>(...texts, 0, 1, -1, 1.5, 1e300, true, false, null),
    fc.string({ unit: 'binary', maxLength: 5 }),
    { arbitrary: tie('object'), weight: 3 },
    fc.array(tie('json'), { maxLength: 3 }),
  ),
  object: fc.array(fc.tuple(fc.constantFrom(...words), tie('json')), { maxLength: 6 })
    .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries))) as unknown),
}));

const condition = fc.oneof(
  fc.record({ field: json, operator: json, value: json, dataType: json }, { requiredKeys: ['field'] }),
  fc.record({ field: fc.constantFrom('contact.city', 'contact.created_at', 'customField.interests', 'contact.lead_score'), operator: fc.constantFrom('equals', 'in', 'between', 'before', 'within_last', 'contains_any'), value: json }),
  fc.record({ event: fc.constantFrom('opened', 'purchased'), count: json, measure: json, window: json, where: json }, { requiredKeys: ['event'] }),
  fc.record({ random: json }),
  json,
);
const definition = fc.oneof(
  json,
  fc.record({ match: fc.constantFrom('all', 'any', 5), groups: fc.array(fc.record({ match: fc.constant('all'), conditions: fc.array(condition, { maxLength: 4 }) }), { maxLength: 3 }), exclusions: json, timezone: json }, { requiredKeys: ['match', 'groups'] }),
);

/** Whether a pointer leads to a place in the JSON, or to a member that the object there lacks. */
function exists(pointer: string, root: unknown): boolean {
  if (pointer === '') return true;
  const keys = pointer.slice(1).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let place = root;
  return pointer.startsWith('/') && keys.every((key, index) => {
    if (typeof place !== 'object' || place === null) return false;
    const isMissing = !Object.hasOwn(place, key);
    if (isMissing) return index === keys.length - 1 && !Array.isArray(place);
    place = (place as Record<string, unknown>)[key];
    return true;
  });
}

describe('parse, whatever the JSON', () => {
  test('never throws, and each fault has a code of the table and a pointer that exists in the definition', () => {
    fc.assert(fc.property(definition, (json) => {
      const { rule, faults } = parse(json, vocabulary);
      expect(rule === undefined).toBe(faults !== undefined);
      for (const { path, code, message } of faults ?? []) {
        expect([path, exists(path, json)]).toEqual([path, true]);
        expect(faultCodes).toContain(code);
        expect(message).not.toBe('');
      }
      expect(new Set(faults?.map(({ path, code }) => `${path} ${code}`)).size).toBe(faults?.length ?? 0);
    }), { numRuns: 2_000 });
  });

  test('never throws on JSON of any depth', () => {
    const deep = (open: string, inside: string, close: string): unknown => JSON.parse(open.repeat(3_000) + inside + close.repeat(3_000));
    const condition = deep('[', '1', ']');
    for (const json of [
      condition, deep('{"match":"all","groups":[', '', ']}'), { match: 'all', groups: [deep('{"match":"all","conditions":[', '', ']}')] },
      { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'customField.plan', operator: 'in', value: condition }] }] },
    ]) {
      expect(parse(json, vocabulary, { stored: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'x', operator: 'y' }] }] } }).faults).not.toHaveLength(0);
    }
  });

  test('leaves the prototype of objects alone', () => {
    parse(JSON.parse('{"match":"all","groups":[{"__proto__":{"polluted":1},"conditions":[{"field":"__proto__","operator":"__proto__"}]}]}'), vocabulary);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
