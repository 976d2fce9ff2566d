import { parse } from './parse.js';
import { segmentIds, vocabularyWith } from '../test/support/vocabulary.js';

const vocabulary = vocabularyWith();
const among = (...conditions: unknown[]): unknown => ({ match: 'all', groups: [{ match: 'all', conditions }] });
const at = '/groups/0/conditions/0';

/** `path code` of every fault, sorted. */
function faultsOf(definition: unknown): string[] {
  return (parse(definition, vocabulary).faults ?? []).map(({ path, code }) => `${path} ${code}`).sort();
}

function nested(depth: number): unknown {
  return depth === 0 ? { field: 'contact.city', operator: 'is_set' } : { match: 'all', conditions: [nested(depth - 1)] };
}

const field = (name: unknown, operator: unknown, value?: unknown, more: object = {}): unknown => ({ field: name, operator, value, ...more });
const opened = (more: object): unknown => ({ event: 'opened', ...more });
const filter = (property: unknown, operator: unknown, value?: unknown): unknown => opened({ where: [{ property, operator, value }] });
const days = (amount: unknown): object => ({ amount, unit: 'days' });

const definitions: [title: string, definition: unknown, faults: string[]][] = [
  ['null', null, [' shape_invalid']],
  ['a list', [], [' shape_invalid']],
  ['nothing at all', {}, ['/groups shape_invalid', '/match shape_invalid']],
  ['another version', { version: 2, match: 'all', groups: [] }, ['/version shape_invalid']],
  ['an unknown match', { match: 'some', groups: [] }, ['/match shape_invalid']],
  ['groups that are no list', { match: 'all', groups: {} }, ['/groups shape_invalid']],
  ['exclusions that are null', { match: 'all', groups: [], exclusions: null }, ['/exclusions shape_invalid']],
  ['an unknown key', { match: 'all', groups: [], grups: 1, 'a/b~c': 2 }, ['/a~1b~0c unknown_key', '/grups unknown_key']],
  ['keys of prototypes', JSON.parse('{"match":"all","groups":[],"__proto__":{},"constructor":1}'), ['/__proto__ unknown_key', '/constructor unknown_key']],
  ['an unknown time zone', { match: 'all', groups: [], timezone: 'Mars/Phobos' }, ['/timezone value_invalid']],
  ['an offset for a time zone', { match: 'all', groups: [], timezone: '+02:00' }, ['/timezone value_invalid']],
  ['an abbreviation for a time zone', { match: 'all', groups: [], timezone: 'CET' }, ['/timezone value_invalid']],
  ['a group that is null', { match: 'all', groups: [null] }, ['/groups/0 shape_invalid']],
  ['an empty group', { match: 'all', groups: [{}] }, ['/groups/0/conditions shape_invalid', '/groups/0/match shape_invalid']],
  ['negate that is a text', { match: 'all', groups: [{ match: 'any', negate: 'yes', conditions: [] }] }, ['/groups/0/negate shape_invalid']],
  ['negate that is null', { match: 'all', groups: [{ match: 'any', negate: null, conditions: [] }] }, ['/groups/0/negate shape_invalid']],
  ['faults in an exclusion', { match: 'all', groups: [], exclusions: [{ match: 'all', conditions: [field('x', 'equals', 1)] }] },
    ['/exclusions/0/conditions/0/field unknown_field']],
  ['eleven groups in one another', { match: 'all', groups: [nested(11)] }, [`/groups/0${'/conditions/0'.repeat(10)} limit_exceeded`]],
  ['201 conditions', among(...Array.from({ length: 201 }, () => field('contact.city', 'is_set'))), [' limit_exceeded']],
];

const conditions: [title: string, condition: unknown, faults: string[]][] = [
  ['a condition of no kind', {}, [' shape_invalid']],
  ['a condition of two kinds', { field: 'contact.city', event: 'opened', operator: 'is_set' }, [' shape_invalid']],
  ['a condition that is a number', 5, [' shape_invalid']],
  ['a nested group without conditions', { match: 'all' }, ['/conditions shape_invalid']],
  ['an unknown field, whatever else is wrong', field('contact.citty', 'equls', 1, { foo: 1, dataType: 'x' }), ['/field unknown_field']],
  ['a custom field called __proto__', field('customField.__proto__', 'is_set'), ['/field unknown_field']],
  ['a field that is a number', field(5, 'is_set'), ['/field shape_invalid']],
  ['a missing operator', field('contact.city', undefined, 'x'), ['/operator shape_invalid']],
  ['an operator that is no text', field('contact.city', 5, 'x'), ['/operator shape_invalid']],
  ['an operator of another type', field('contact.lead_score', 'contains', 1), ['/operator operator_not_supported']],
  ['an operator called constructor', field('contact.lead_score', 'constructor', 1), ['/operator operator_not_supported']],
  ['less_than on a string', field('contact.city', 'less_than', 1), ['/operator operator_not_supported']],
  ['an unknown key of a field condition', field('contact.city', 'is_set', null, { valeu: 1 }), ['/valeu unknown_key']],
  ['another dataType, and a faulty value', field('contact.city', 'equals', 5, { dataType: 'number' }), ['/dataType data_type_mismatch', '/value value_invalid']],
  ['a dataType that no field has', field('contact.city', 'is_set', null, { dataType: 'text' }), ['/dataType data_type_mismatch']],
  ['no value', field('contact.city', 'equals'), ['/value value_missing']],
  ['a null', field('contact.lead_score', 'equals', null), ['/value value_missing']],
  ['an empty text for a number', field('contact.lead_score', 'equals', ''), ['/value value_missing']],
  ['an empty list', field('contact.city', 'in', []), ['/value value_missing']],
  ['an empty text in a list', field('contact.city', 'in', ['a', '']), ['/value/1 value_invalid']],
  ['a value for is_set', field('contact.city', 'is_set', 'x'), ['/value value_not_allowed']],
  ['an empty text for is_not_set', field('contact.city', 'is_not_set', ''), ['/value value_not_allowed']],
  ['a number for a text', field('contact.city', 'equals', 5), ['/value value_invalid']],
  ['U+0000', field('contact.city', 'equals', 'a\u0000'), ['/value value_invalid']],
  ['an unpaired surrogate', field('contact.city', 'equals', '\ud800'), ['/value value_invalid']],
  ['1,001 code points', field('contact.city', 'equals', '😀'.repeat(1_001)), ['/value limit_exceeded']],
  ['1,001 code points in a list', field('contact.city', 'in', ['x', 'é'.repeat(1_001)]), ['/value/1 limit_exceeded']],
  ['10,001 values', field('contact.lead_score', 'in', Array.from({ length: 10_001 }, (_, n) => n)), ['/value limit_exceeded']],
  ['a text for a number', field('contact.lead_score', 'equals', '5'), ['/value value_invalid']],
  ['more than 10^15', field('contact.lead_score', 'equals', 1e15 + 1), ['/value value_invalid']],
  ['infinity', field('contact.lead_score', 'equals', Infinity), ['/value value_invalid']],
  ['min above max', field('contact.lead_score', 'between', [2, 1]), ['/value value_invalid']],
  ['a range with a text', field('contact.lead_score', 'between', [1, '2']), ['/value/1 value_invalid']],
  ['a range of three', field('contact.lead_score', 'between', [1, 2, 3]), ['/value value_invalid']],
  ['a text for a boolean', field('contact.unsubscribed', 'equals', 'true'), ['/value value_invalid']],
  ['a status outside the list', field('contact.subscription_status', 'equals', 'activ'), ['/value value_not_allowed']],
  ['statuses outside the list, and one of another type', field('contact.subscription_status', 'not_in', ['ACTIVE', 'x', 5]),
    ['/value/1 value_not_allowed', '/value/2 value_invalid']],
  ['an option that there is not', field('customField.plan', 'not_equals', 'Gold'), ['/value value_not_allowed']],
  ['an option of a multi-select that there is not', field('customField.interests', 'contains_any', ['ai', 'Golf']), ['/value/1 value_not_allowed']],
  ['one text for a list of a multi-select', field('customField.interests', 'contains_any', 'AI'), ['/value value_invalid']],
  ['an impossible date', field('customField.trial_end', 'on', '2026-02-29'), ['/value value_invalid']],
  ['the year 0', field('customField.trial_end', 'on', '0000-01-01'), ['/value value_invalid']],
  ['an instant without an offset', field('contact.created_at', 'before', '2026-01-01T00:00:00'), ['/value value_invalid']],
  ['an instant without seconds', field('contact.created_at', 'before', '2026-01-01T00:00Z'), ['/value value_invalid']],
  ['24 o’clock', field('contact.created_at', 'before', '2026-01-01T24:00:00Z'), ['/value value_invalid']],
  ['a range of days that is reversed', field('contact.created_at', 'between', ['2026-01-02', '2026-01-01']), ['/value value_invalid']],
  ['a range of instants that is reversed', field('customField.trial_end', 'between', ['2026-01-02T00:00:00Z', '2026-01-02T00:00:00+01:00']), ['/value value_invalid']],
  ['a faulty end of a range', field('contact.created_at', 'between', ['2026-01-02', { ago: -1, unit: 'days' }]), ['/value/1/ago value_invalid']],
  ['a fraction of a day', field('contact.created_at', 'within_last', days(1.5)), ['/value/amount value_invalid']],
  ['no amount and no unit', field('contact.created_at', 'within_last', { foo: 1 }), ['/value/amount value_invalid', '/value/foo unknown_key', '/value/unit value_invalid']],
  ['an unknown unit', field('contact.created_at', 'within_last', { amount: 1, unit: 'fortnights' }), ['/value/unit value_invalid']],
  ['a unit called constructor', field('contact.created_at', 'within_last', { amount: 1, unit: 'constructor' }), ['/value/unit value_invalid']],
  ['more than 1,000 years', field('contact.created_at', 'within_last', days(365_251)), ['/value/amount value_invalid']],
  ['hours on a date', field('customField.trial_end', 'within_next', { amount: 1, unit: 'hours' }), ['/value/unit value_invalid']],
  ['minutes ago on a date', field('customField.trial_end', 'before', { ago: 1, unit: 'minutes' }), ['/value/unit value_invalid']],
  ['plus with now', field('contact.created_at', 'before', { relative: 'now', plus: 1, unit: 'days' }), ['/value/plus value_invalid']],
  ['plus without a unit', field('contact.created_at', 'before', { relative: 'today', plus: 1 }), ['/value/unit value_invalid']],
  ['plus in hours', field('contact.created_at', 'before', { relative: 'today', plus: 1, unit: 'hours' }), ['/value/unit value_invalid']],
  ['plus beyond the limit', field('contact.created_at', 'before', { relative: 'today', plus: -1_001, unit: 'years' }), ['/value/plus value_invalid']],
  ['another relative point', field('contact.created_at', 'before', { relative: 'yesterday' }), ['/value/relative value_invalid']],
  ['a point of two forms', field('contact.created_at', 'before', { ago: 1, fromNow: 1, unit: 'days' }), ['/value value_invalid']],
  ['an unknown key in a point', field('contact.created_at', 'before', { ago: 1, unit: 'days', at: 1 }), ['/value/at unknown_key']],
  ['an unknown period', field('contact.created_at', 'during', 'this_decade'), ['/value value_invalid']],
  ['an unknown anniversary', field('contact.created_at', 'anniversary', 'tomorrow'), ['/value value_invalid']],
  ['an anniversary in 367 days', field('contact.created_at', 'anniversary', { in_days: 367 }), ['/value/in_days value_invalid']],
  ['an unknown event', opened({ event: 'opend', where: 5, foo: 1 }), ['/event unknown_event']],
  ['unknown events in a list', opened({ event: ['opened', 'constructor', 5] }), ['/event/1 unknown_event', '/event/2 shape_invalid']],
  ['no events', opened({ event: [] }), ['/event shape_invalid']],
  ['an unknown key of an event condition', opened({ windw: {} }), ['/windw unknown_key']],
  ['a count that is a number', opened({ count: 5 }), ['/count shape_invalid']],
  ['a count without operator and value', opened({ count: { op: 1 } }), ['/count/op unknown_key', '/count/operator shape_invalid']],
  ['a count without a value', opened({ count: { operator: 'equals' } }), ['/count/value value_missing']],
  ['a count by an operator of fields', opened({ count: { operator: 'in', value: [1] } }), ['/count/operator operator_not_supported']],
  ['a count of a text', opened({ count: { operator: 'equals', value: '5' } }), ['/count/value value_invalid']],
  ['a count between max and min', opened({ count: { operator: 'between', value: [2, 1] } }), ['/count/value value_invalid']],
  ['an unknown measure', opened({ measure: 'opens' }), ['/measure shape_invalid']],
  ['an unknown function', opened({ measure: { fn: 'median', property: 'hour' } }), ['/measure/fn shape_invalid']],
  ['a measure without a property', opened({ measure: { fn: 'sum' } }), ['/measure/property shape_invalid']],
  ['a measure of an unknown property', opened({ measure: { fn: 'sum', property: 'properties.' } }), ['/measure/property unknown_property']],
  ['a sum of texts', opened({ measure: { fn: 'sum', property: 'campaign.id' } }), ['/measure/fn operator_not_supported']],
  ['a window of no form', opened({ window: { unit: 'days' } }), ['/window shape_invalid']],
  ['a window of mixed form', opened({ window: { last: 1, unit: 'days', from: '2026-01-01T00:00:00Z' } }), ['/window shape_invalid']],
  ['a window with an unknown key', opened({ window: { last: 1, unit: 'days', x: 1 } }), ['/window/x unknown_key']],
  ['a bad amount of a window', opened({ window: { last: -1, unit: 'days' } }), ['/window/last value_invalid']],
  ['a bad unit of a window', opened({ window: { olderThan: 1, unit: 'day' } }), ['/window/unit value_invalid']],
  ['a window without a unit', opened({ window: { last: 1 } }), ['/window/unit shape_invalid']],
  ['a window from a day', opened({ window: { from: '2026-01-01' } }), ['/window/from value_invalid']],
  ['a window that ends before it begins', opened({ window: { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' } }), ['/window value_invalid']],
  ['a window from later days to earlier ones', opened({ window: { from: { ago: 1, unit: 'days' }, to: { ago: 2, unit: 'days' } } }), ['/window value_invalid']],
  ['a bad amount of an end', opened({ window: { to: { ago: 1.5, unit: 'days' } } }), ['/window/to/ago value_invalid']],
  ['an unknown period of a window', opened({ window: { during: 'now' } }), ['/window/during shape_invalid']],
  ['another pick', opened({ pick: 'last' }), ['/pick shape_invalid']],
  ['another whereMatch', opened({ where: [], whereMatch: 'none' }), ['/whereMatch shape_invalid']],
  ['filters that are no list', opened({ where: {} }), ['/where shape_invalid']],
  ['a filter of an unknown property', filter('subject', 'equls', 1), ['/where/0/property unknown_property']],
  ['a filter without a property', filter(undefined, 'equals', 1), ['/where/0/property shape_invalid']],
  ['a filter by an operator of another type', filter('hour', 'contains', 'x'), ['/where/0/operator operator_not_supported']],
  ['a filter without a value', filter('url', 'contains'), ['/where/0/value value_missing']],
  ['a number in an own property’s text test', filter('properties.a', 'contains', 5), ['/where/0/value value_invalid']],
  ['a text in an own property’s ordering', filter('properties.a', 'greater_than', '5'), ['/where/0/value value_invalid']],
  ['values of an own property that disagree', filter('properties.a', 'in', [5, 'x']), ['/where/0/value/1 value_invalid']],
  ['booleans in a list of an own property', filter('properties.a', 'in', [true]), ['/where/0/value/0 value_invalid']],
  ['an operator of dates on an own property', filter('properties.a', 'before', '2026-01-01'), ['/where/0/operator operator_not_supported']],
  ['U+0000 in an own property', filter('properties.a\u0000', 'is_set'), ['/where/0/property value_invalid']],
  ['an unknown segment', { segment: 'x', operator: 'in' }, ['/segment unknown_segment']],
  ['a segment by an unknown operator', { segment: segmentIds.static, operator: 'equals' }, ['/operator operator_not_supported']],
  ['a segment without an operator', { segment: segmentIds.static }, ['/operator shape_invalid']],
  ['a segment with a value', { segment: segmentIds.static, operator: 'in', value: 1 }, ['/value unknown_key']],
  ['random that is a number', { random: 10 }, ['/random shape_invalid']],
  ['random without members', { random: { x: 1 } }, ['/random/from shape_invalid', '/random/salt shape_invalid', '/random/to shape_invalid', '/random/x unknown_key']],
  ['random beyond its bounds', { random: { salt: '', from: -1, to: 101 } }, ['/random/from value_invalid', '/random/salt value_invalid', '/random/to value_invalid']],
  ['random from 5 to 5', { random: { salt: 'a', from: 5, to: 5 } }, ['/random value_invalid']],
  ['a salt of 101 code points', { random: { salt: 'x'.repeat(101), from: 0, to: 5 } }, ['/random/salt value_invalid']],
];

const sound: [title: string, condition: unknown][] = [
  ['a null for is_set', field('contact.city', 'is_set', null)],
  ['1,000 code points', field('contact.city', 'equals', '😀'.repeat(1_000))],
  ['10,000 values', field('contact.lead_score', 'in', Array.from({ length: 10_000 }, (_, n) => n))],
  ['a fraction', field('contact.lead_score', 'between', [-1e15, 1e15])],
  ['a status in capitals', field('contact.subscription_status', 'in', ['ACTIVE'])],
  ['a part of a status', field('contact.subscription_status', 'contains', 'act')],
  ['a dataType that agrees', field('customField.plan', 'equals', 'pro', { dataType: 'string' })],
  ['less_than on a date', field('customField.trial_end', 'less_than', '2024-02-29')],
  ['an instant with an offset and many digits', field('contact.created_at', 'after', '2026-01-01T23:59:59.999999999+05:30')],
  ['a range that crosses, of a day and an instant', field('contact.created_at', 'between', ['2026-01-02', '2025-01-01T00:00:00Z'])],
  ['zero days', field('contact.created_at', 'within_last', days(0))],
  ['today plus a negative number', field('contact.created_at', 'before', { relative: 'today', plus: -7, unit: 'days' })],
  ['hours on a datetime', field('customField.last_call', 'before', { fromNow: 8_766_000, unit: 'hours' })],
  ['own events with a declared and an undeclared property', { event: ['purchased', 'opened'], where: [
    { property: 'properties.total', operator: 'greater_than', value: 1 }, { property: 'properties.a.b', operator: 'equals', value: true }] }],
  ['a window between two ends ago', opened({ window: { from: { ago: 2, unit: 'days' }, to: { ago: 2, unit: 'days' } } })],
  ['a window whose ends cross in different units', opened({ window: { from: { ago: 2, unit: 'days' }, to: { ago: 1, unit: 'years' } } })],
  ['distinct values of a text', opened({ measure: { fn: 'distinct', property: 'url' }, count: { operator: 'between', value: [1, 2] } })],
  ['ten groups in one another', nested(9)],
  ['a segment in capitals', { segment: segmentIds.dynamic.toUpperCase(), operator: 'not_in' }],
  ['a random share', { random: { salt: 'a', from: 0, to: 100 } }],
];

describe('parse', () => {
  test.each(definitions)('rejects a definition: %s', (_title, definition, faults) => {
    expect(faultsOf(definition)).toEqual([...faults].sort());
  });

  test.each(conditions)('rejects a condition: %s', (_title, condition, faults) => {
    expect(faultsOf(among(condition))).toEqual(faults.map((fault) => at + fault).sort());
  });

  test.each(sound)('accepts a condition: %s', (_title, condition) => {
    expect(faultsOf(among(condition))).toEqual([]);
  });

  test('reports all faults of all conditions at once', () => {
    expect(faultsOf({ match: 'x', groups: [{ match: 'all', conditions: [field('a.b', 'is_set'), field('contact.city', 'equals', ''), 7] }] })).toEqual([
      '/groups/0/conditions/0/field unknown_field', '/groups/0/conditions/1/value value_missing',
      '/groups/0/conditions/2 shape_invalid', '/match shape_invalid',
    ]);
  });

  test.each([
    ['contact.lead_scor', 'contact.lead_score'], ['lead_score', 'contact.lead_score'], ['contact.leadScore', 'contact.lead_score'],
    ['customField.trail_end', 'customField.trial_end'], ['engagement.opens', 'engagement.total_opens'],
  ])('names the nearest field to %s', (name, meant) => {
    const [fault] = parse(among(field(name, 'is_set')), vocabulary).faults ?? [];
    expect(fault?.message).toContain(`Did you mean '${meant}'?`);
  });

  test('says which types an operator works on, and which operators there are', () => {
    const [fault] = parse(among(field('contact.lead_score', 'contains', 'x')), vocabulary).faults ?? [];
    expect(fault?.message).toMatch(/^contact\.lead_score is a number; 'contains' works on string and array\. Use one of: equals, /);
  });

  test('resolves a rule completely, and freezes it deeply', () => {
    const { rule } = parse({ timezone: 'europe/berlin', ...(among(
      field('customField.trial_end', 'less_than', '2026-01-01'),
      { event: ['purchased', 'opened', 'opened'], where: [{ property: 'properties.total', operator: 'in', value: [1] }] },
    ) as object) }, vocabulary);
    expect(rule).toMatchObject({
      timezone: 'Europe/Berlin', match: 'all', exclusions: [],
      groups: [{ kind: 'group', pointer: '/groups/0', negate: false, conditions: [
        { kind: 'field', pointer: at, field: { source: 'custom', type: 'date', customType: 'date' }, test: { operator: 'before', type: 'date', value: { kind: 'day', day: '2026-01-01' } } },
        {
          kind: 'event', events: ['purchased', 'opened', 'opened'], types: ['00000000-0000-7000-8000-000000000201', 'opened'],
          measure: { fn: 'count' }, count: { operator: 'greater_or_equal', values: [1] }, window: null, pick: 'all', filterMatch: 'all',
          filters: [{ property: { kind: 'own', key: 'total', declared: { '00000000-0000-7000-8000-000000000201': 'number' } }, test: { operator: 'in', type: 'number', value: [1] } }],
        },
      ] }],
    });
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    expect(isFrozen(rule)).toBe(true);
  });

  test('keeps a removed option only in a condition that stands in the stored rules', () => {
    const stored = among({ value: 'Gold', operator: 'equals', field: 'customField.plan' }) as never;
    expect(parse(among(field('customField.plan', 'equals', 'Gold')), vocabulary, { stored }).faults).toBeUndefined();
    expect(parse(among(field('customField.plan', 'not_equals', 'Gold')), vocabulary, { stored }).faults).toHaveLength(1);
  });
});
