import { readContactPatch, readContactRow } from './contact-row.js';
import { type CustomFieldDefinition, CustomFieldSet } from './custom-values.js';

const field = (key: string, type: CustomFieldDefinition['type'], options: string[] = []): CustomFieldDefinition => ({ id: `id-of-${key}`, key, type, options });
const fields = new CustomFieldSet([
  field('words', 'text'), field('size', 'number'), field('agreed', 'boolean'), field('day', 'date'), field('seen', 'datetime'),
  field('plan', 'select', ['Free', 'Pro']), field('likes', 'multi_select', ['Tea', 'Σίσυφος']), field('constructor', 'text'),
]);
const faultsOf = (row: unknown): string[] => (readContactRow(row, fields).faults ?? []).map(({ path, code }) => `${path} ${code}`);
const withAddress = (row: object): object => ({ email: 'a@example.com', ...row });

describe('A row of a contact', () => {
  it.each<[string, unknown, string[]]>([
    ['no object', [], [' shape_invalid']],
    ['no address', {}, ['/email value_missing']],
    ['an empty address', { email: '  ' }, ['/email value_missing']],
    ['an address cleared', { email: null }, ['/email value_invalid']],
    ['an unknown property', withAddress({ 'a/b~c': 1 }), ['/a~1b~0c unknown_property']],
    ['a prototype key', JSON.parse('{"email":"a@example.com","__proto__":{}}'), ['/__proto__ unknown_property']],
    ['a number for a text', withAddress({ firstName: 1 }), ['/firstName value_invalid']],
    ['U+0000 in a text', withAddress({ firstName: 'a\0' }), ['/firstName value_invalid']],
    ['an unpaired surrogate', withAddress({ firstName: '\ud800' }), ['/firstName value_invalid']],
    ['a text of 10,001 characters', withAddress({ firstName: 'x'.repeat(10_001) }), ['/firstName value_invalid']],
    ['a text for a number', withAddress({ leadScore: '5' }), ['/leadScore value_invalid']],
    ['a number beyond 10^15', withAddress({ leadScore: -1.0000001e15 }), ['/leadScore value_invalid']],
    ['an infinite number', withAddress({ leadScore: Infinity }), ['/leadScore value_invalid']],
    ['tags that are no list', withAddress({ tags: 'vip' }), ['/tags value_invalid']],
    ['tags that are no texts', withAddress({ tags: ['a', 1, null] }), ['/tags/1 value_invalid', '/tags/2 value_invalid']],
    ['too many tags', withAddress({ addTags: Array(1001).fill('t') }), ['/addTags value_invalid']],
    ['an instant without offset', withAddress({ createdAt: '2026-01-01T00:00:00' }), ['/createdAt value_invalid']],
    ['a creation cleared', withAddress({ createdAt: null }), ['/createdAt value_invalid']],
    ['an unknown status', withAddress({ subscriptionStatus: 'Active' }), ['/subscriptionStatus value_invalid']],
    ['custom fields that are no object', withAddress({ customFields: [] }), ['/customFields shape_invalid']],
    ['an unknown custom field', withAddress({ customFields: { toString: 1 } }), ['/customFields/toString unknown_field']],
    ['custom values of other types', withAddress({ customFields: { words: 1, size: '1', agreed: 'yes', day: 5, seen: 5, plan: 1, likes: 'Tea' } }), [
      '/customFields/words value_invalid', '/customFields/size value_invalid', '/customFields/agreed value_invalid', '/customFields/day value_invalid',
      '/customFields/seen value_invalid', '/customFields/plan value_invalid', '/customFields/likes value_invalid',
    ]],
    ['a day that never was', withAddress({ customFields: { day: '2026-02-29' } }), ['/customFields/day value_invalid']],
    ['a datetime without offset', withAddress({ customFields: { seen: '2026-02-01T00:00:00' } }), ['/customFields/seen value_invalid']],
    ['values outside the options', withAddress({ customFields: { plan: 'Gold', likes: ['', 'tea', 'Cola'] } }), [
      '/customFields/plan value_not_allowed', '/customFields/likes/2 value_not_allowed',
    ]],
  ])('is refused with %s', (_, row, faults) => {
    expect(faultsOf(row)).toEqual(faults);
  });

  it.each(['nobody', '@example.com', 'a@', 'a@b@c', 'a b@example.com', 'a@exa\u00a0mple.com', 'a@\u0007b', 'a@b\0', `${'a'.repeat(320)}@example.com`])(
    'is refused with %j for an address', (email) => {
      expect(faultsOf({ email })).toEqual(['/email value_invalid']);
    });

  it('is judged in linear time, whatever the address', () => {
    const before = performance.now();
    for (const email of [`${'@'.repeat(1e6)}`, `a@${' '.repeat(1e6)}b`, `${'a.'.repeat(1e6)}@`]) expect(faultsOf({ email })).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('is read with every value in the form that is stored', () => {
    const { patch } = readContactRow({
      email: '\t Ada@Example.com ', leadScore: -0, tags: ['', 'VIP', 'vip'], firstName: ' x ', lastName: null, createdAt: '2026-01-05T10:00:00.9999+02:00',
      customFields: {
        words: 'w', size: 0.1, agreed: false, day: '2024-02-29', seen: '0001-01-02T00:00:00+01:00', plan: 'PRO', likes: ['', 'σίσυφος', 'TEA'], constructor: 'c',
      },
    }, fields);
    expect(patch).toMatchObject({
      email: 'Ada@Example.com', tags: ['VIP', 'vip'], texts: { firstName: ' x ', lastName: null }, createdAt: new Date('2026-01-05T08:00:00.999Z'),
    });
    expect(Object.is(patch?.leadScore, 0)).toBe(true);
    expect(Object.fromEntries(patch?.custom ?? [])).toEqual({
      'id-of-words': 'w', 'id-of-size': 0.1, 'id-of-agreed': false, 'id-of-day': '2024-02-29', 'id-of-seen': '0001-01-01T23:00:00.000Z',
      'id-of-plan': 'PRO', 'id-of-likes': ['σίσυφος', 'TEA'], 'id-of-constructor': 'c',
    });
  });

  it('clears custom values by null and by what counts as unset', () => {
    const { patch } = readContactPatch({ customFields: { words: '', size: null, plan: '', likes: [] } }, fields);
    expect([...patch?.custom?.values() ?? []]).toEqual([null, null, null, null]);
    expect(readContactPatch({ customFields: null }, fields).patch?.custom).toBeNull();
  });
});
