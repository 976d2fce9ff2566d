import type { SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { segmentIds, vocabularyWith } from '../../test/support/vocabulary.js';
import { describe as say } from './describe.js';

const vocabulary = vocabularyWith();
const field = (name: string, operator: string, value?: unknown) => ({ field: name, operator, value });
const all = (...conditions: unknown[]) => ({ match: 'all', conditions });
const any = (...conditions: unknown[]) => ({ match: 'any', conditions });
const us = field('contact.country', 'equals', 'United States');
const score = field('contact.lead_score', 'greater_than', 50);

function textOf(definition: unknown): string {
  const { rule, faults } = parse(definition, vocabulary);
  expect(faults).toBeUndefined();
  return say(rule!);
}

const texts: [text: string, definition: unknown][] = [
  ['Every contact', { match: 'any', groups: [] }],
  ['Country is United States and Lead score is greater than 50', { match: 'all', groups: [all(us, score)] }],
  ['Country is United States and Lead score is greater than 50', { match: 'all', groups: [all(us), all(score)] }],
  ['(Country is United States and Lead score is greater than 50) or City is set', { match: 'any', groups: [all(us, score), all(field('contact.city', 'is_set'))] }],
  ['Country is United States and (Lead score is greater than 50 or City is not set)', { match: 'all', groups: [all(us, any(score, field('contact.city', 'is_not_set')))] }],
  ['not (Country is United States or Lead score is greater than 50)', { match: 'all', groups: [{ ...any(us, score), negate: true }] }],
  ['no contact', { match: 'all', groups: [any()] }],
  ['Every contact, except those where Is a member of “List”', { match: 'all', groups: [], exclusions: [all({ segment: segmentIds.static, operator: 'in' })] }],
  ['Opened at least 5 times in the last 30 days', { match: 'all', groups: [all({ event: 'opened', count: { operator: 'greater_or_equal', value: 5 }, window: { last: 30, unit: 'days' } })] }],
  ['Not Clicked where (Campaign id is x and URL contains “demo”)', { match: 'all', groups: [all({
    event: 'clicked', count: { operator: 'equals', value: 0 },
    where: [{ property: 'campaign.id', operator: 'equals', value: 'x' }, { property: 'url', operator: 'contains', value: 'demo' }],
  })] }],
  ['Sum of total of purchased or Clicked is between 1 and 2 more than 1 day ago (only the latest event counts)', { match: 'all', groups: [all({
    event: ['purchased', 'clicked'], measure: { fn: 'sum', property: 'properties.total' }, count: { operator: 'between', value: [1, 2] },
    window: { olderThan: 1, unit: 'days' }, pick: 'latest',
  })] }],
  ['Sent from 2026-01-01T00:00:00Z to 2 weeks ago', { match: 'all', groups: [all({ event: 'sent', window: { from: '2026-01-01T00:00:00Z', to: { ago: 2, unit: 'weeks' } } })] }],
  ['Falls between 0 % and 10 % of the random order “a”', { match: 'all', groups: [all({ random: { salt: 'a', from: 0, to: 10 } })] }],
];

describe('the text of a rule', () => {
  test.each(texts)('%s', (text, definition) => {
    expect(textOf(definition)).toBe(text);
  });

  test('cuts long lists of values', () => {
    const definition: SegmentDefinition = {
      match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.city', operator: 'in', value: Array.from({ length: 12 }, (_, n) => `c${n}`) }] }],
    };
    expect(textOf(definition)).toMatch(/^City is one of “c0”, .*“c9” and 2 more$/);
  });
});
