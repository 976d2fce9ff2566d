import type { ConditionDefinition, SegmentDefinition } from '../definition.js';
import { vocabularyWith } from '../../test/support/vocabulary.js';
import { parse } from '../parse.js';
import type { Rule } from '../rule.js';
import { alwaysMatches, meaningOf, neverMatches } from './verdict.js';

function read(definition: SegmentDefinition): Rule {
  const { rule, faults } = parse(definition, vocabularyWith());
  if (rule === undefined) throw new Error(JSON.stringify(faults));
  return rule;
}
const all = (...conditions: ConditionDefinition[]): SegmentDefinition => ({ match: 'all', groups: [{ match: 'all', conditions }] });
const any = (...conditions: ConditionDefinition[]): SegmentDefinition => ({ match: 'all', groups: [{ match: 'any', conditions }] });
const country = (operator: string, value?: unknown): ConditionDefinition => ({ field: 'contact.country', operator, ...(value === undefined ? {} : { value }) });
const score = (operator: string, value: unknown): ConditionDefinition => ({ field: 'contact.lead_score', operator, value });
const opened = (operator: 'equals' | 'greater_or_equal' | 'less_than', value: number, days?: number): ConditionDefinition =>
  ({ event: 'opened', count: { operator, value }, ...(days === undefined ? {} : { window: { last: days, unit: 'days' } }) });

describe('Rules that can never match', () => {
  it.each<[string, ConditionDefinition[]]>([
    ['two values at once', [country('equals', 'US'), country('equals', 'CA')]],
    ['a value and none', [country('equals', 'US'), country('is_not_set')]],
    ['a value and its exclusion', [country('in', ['US', 'CA']), country('not_in', ['us', 'ca', 'mx'])]],
    ['two beginnings', [country('starts_with', 'Un'), country('starts_with', 'Ca')]],
    ['a part that is forbidden', [country('starts_with', 'United'), country('not_contains', 'ited')]],
    ['ranges apart', [score('greater_than', 80), score('less_or_equal', 80)]],
    ['fewer than none', [{ field: 'engagement.total_opens', operator: 'less_than', value: 0 }]],
    ['some and none of the same events', [opened('greater_or_equal', 1, 7), opened('equals', 0, 7)]],
    ['more in a week than in a month', [opened('greater_or_equal', 5, 7), opened('less_than', 5, 30)]],
    ['more in a week than ever', [opened('greater_or_equal', 1, 7), opened('equals', 0)]],
    ['lately and long ago', [
      { field: 'contact.created_at', operator: 'within_last', value: { amount: 1, unit: 'months' } },
      { field: 'contact.created_at', operator: 'more_than_ago', value: { amount: 5, unit: 'weeks' } },
    ]],
    ['before and after a day', [
      { field: 'contact.created_at', operator: 'before', value: '2026-01-01' }, { field: 'contact.created_at', operator: 'after', value: '2026-02-01' },
    ]],
    ['a tag and its lack', [{ field: 'contact.tags', operator: 'contains_all', value: ['VIP', 'beta'] }, { field: 'contact.tags', operator: 'not_contains', value: 'vip' }]],
    ['a figure that is never unset', [{ field: 'engagement.opened_last_email', operator: 'is_not_set' }]],
    ['a property that is never unset', [{ field: 'contact.subscription_status', operator: 'is_not_set' }]],
    ['neither yes nor no', [
      { field: 'engagement.opened_last_email', operator: 'not_equals', value: true }, { field: 'engagement.opened_last_email', operator: 'not_equals', value: false },
    ]],
    ['shares apart', [{ random: { salt: 'a', from: 0, to: 50 } }, { random: { salt: 'a', from: 50, to: 100 } }]],
  ])('are seen: %s', (_, conditions) => {
    const found = neverMatches(read(all(...conditions)));
    expect(found?.pointers).toEqual(conditions.map((_condition, at) => `/groups/0/conditions/${at}`));
    expect(found?.reason).toMatch(conditions.length === 1 ? /^“.+” is true for nobody\.$/ : /^“.+” and “.+” exclude one another\.$/);
  });

  it.each<[string, ConditionDefinition[]]>([
    ['an unset value is no other value', [country('not_equals', 'US'), country('not_equals', 'CA')]],
    ['neighbouring ranges meet', [score('greater_or_equal', 80), score('less_or_equal', 80)]],
    ['a day of one zone may be another of the next', [
      { field: 'contact.created_at', operator: 'on', value: '2026-01-01' }, { field: 'contact.created_at', operator: 'on', value: '2026-01-02' },
    ]],
    ['a month may be longer than four weeks', [
      { field: 'contact.created_at', operator: 'within_last', value: { amount: 1, unit: 'months' } },
      { field: 'contact.created_at', operator: 'more_than_ago', value: { amount: 30, unit: 'days' } },
    ]],
    ['fewer in a week than in a month', [opened('equals', 0, 7), opened('greater_or_equal', 1, 30)]],
    ['unset is neither yes nor no', [
      { field: 'customField.vip', operator: 'not_equals', value: true }, { field: 'customField.vip', operator: 'not_equals', value: false },
    ]],
    ['of two lists a value that the rest allows is left', [country('in', ['US', 'CA', 'MX']), country('in', ['ca', 'us']), country('not_in', ['US']), country('ends_with', 'A')]],
    ['other shares are independent', [{ random: { salt: 'a', from: 0, to: 50 } }, { random: { salt: 'b', from: 50, to: 100 } }]],
  ])('are not claimed where somebody may match: %s', (_, conditions) => {
    expect(neverMatches(read(all(...conditions)))).toBeNull();
  });

  it('are seen through groups, negations, exclusions and alternatives', () => {
    expect(neverMatches(read({ ...all(country('equals', 'US')), exclusions: [{ match: 'all', conditions: [country('in', ['us'])] }] }))?.reason).toContain('exclude one another');
    expect(neverMatches(read({
      match: 'all', groups: [{ match: 'any', conditions: [country('equals', 'US'), country('equals', 'MX')] }, { match: 'any', negate: true, conditions: [country('in', ['US', 'MX'])] }],
    }))).not.toBeNull();
    expect(neverMatches(read({ match: 'any', groups: [{ match: 'any', conditions: [] }] }))?.reason).toContain('any of no conditions');
  });

  it('are not searched for ever', () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ match: 'any' as const, conditions: [country('contains', `a${at}`), score('greater_than', at)] }));
    expect(neverMatches(read({ match: 'all', groups: many }))).toBeNull();
  });
});

describe('Rules that always match', () => {
  it('are seen', () => {
    expect(alwaysMatches(read({ match: 'all', groups: [] }))).not.toBeNull();
    expect(alwaysMatches(read(any(country('equals', 'US'), country('not_equals', 'us'))))).not.toBeNull();
    expect(alwaysMatches(read(any(opened('greater_or_equal', 0))))).not.toBeNull();
    expect(alwaysMatches(read(any({ field: 'engagement.opened_last_email', operator: 'is_set' })))?.pointers).toEqual(['/groups/0/conditions/0']);
    expect(alwaysMatches(read(any(country('equals', 'US'))))).toBeNull();
    expect(alwaysMatches(read(any({ field: 'customField.vip', operator: 'is_set' })))).toBeNull();
  });
});

describe('The meaning of rules', () => {
  it('is the same however they are written', () => {
    const one = meaningOf(read(all(country('in', ['US', 'ca']), opened('greater_or_equal', 1))));
    const other = meaningOf(read({
      match: 'any', groups: [{ match: 'any', negate: true, conditions: [
        { match: 'all', negate: true, conditions: [{ event: ['opened'], count: { operator: 'greater_than', value: 0 } }] }, country('not_in', ['CA', 'us', 'US']),
      ] }],
    }));
    expect(other).toBe(one);
    expect(meaningOf(read(all({ field: 'engagement.opened_last_email', operator: 'is_set' }, country('equals', 'US'))))).toBe(meaningOf(read(all(country('in', ['us'])))));
    expect(meaningOf(read(all(country('in', ['US']), opened('greater_or_equal', 1))))).not.toBe(one);
  });

  it('depends on the zone where days do, and only there', () => {
    const zoned = (definition: SegmentDefinition): string[] => ['UTC', 'Asia/Tokyo'].map((timezone) => meaningOf(read({ ...definition, timezone })));
    const [a, b] = zoned(all({ field: 'contact.created_at', operator: 'on', value: '2026-01-01' }));
    expect(a).not.toBe(b);
    const [c, d] = zoned(all(country('equals', 'US')));
    expect(c).toBe(d);
  });
});
