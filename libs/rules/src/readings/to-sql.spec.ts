import type { SegmentDefinition } from '../definition.js';
import { dynamicSegment, everyone, segmentId } from '../../test/support/vocabulary.js';
import { parse } from '../parse.js';
import type { FieldCondition } from '../rule.js';
import type { Vocabulary } from '../vocabulary.js';
import { resolveReferences } from '../references.js';
import type { Reference } from './memory/snapshot.js';
import { datesToCount, membersSql, toText } from './to-sql.js';

const tenantId = '00000000-0000-4000-8000-000000000001';
const asOf = Date.parse('2026-03-15T12:00:00Z');
const fieldIds = { ends: segmentId(901), seen: segmentId(902) };
const customFields: Vocabulary['customFields'] = [
  { id: fieldIds.ends, key: 'ends', label: 'Ends', type: 'date', options: [] }, { id: fieldIds.seen, key: 'seen', label: 'Seen', type: 'datetime', options: [] },
];
const vocabulary = { customFields, eventTypes: [], segments: new Map() };

function compiled(definition: SegmentDefinition, others: Record<string, SegmentDefinition> = {}, few: (conditions: readonly FieldCondition[]) => readonly FieldCondition[] = () => []): { sql: string; parameters: readonly unknown[] } {
  const segments = new Map(Object.entries(others).map(([id, rules]) => [id, { id, name: id, type: 'dynamic' as const, definition: rules }]));
  const { rule, faults } = parse(definition, { ...vocabulary, segments });
  if (rule === undefined) throw new Error(JSON.stringify(faults));
  const references = resolveReferences(rule, { ...vocabulary, segments });
  const { sql, parameters } = toText(membersSql({ rule, references, tenantId, asOf, overridden: new Set(), fewDated: few(datesToCount(rule)) }));
  return { sql: sql.replace(/\s+/g, ' '), parameters };
}

type ConditionDefinition = SegmentDefinition['groups'][0]['conditions'][0];
const all = (...conditions: ConditionDefinition[]): SegmentDefinition => ({ match: 'all', groups: [{ match: 'all', conditions }] });
const opened: ConditionDefinition = { event: 'opened' };
const sentFew: ConditionDefinition = { field: 'engagement.emails_sent', operator: 'less_than', value: 5 };

describe('the SQL of a rule', () => {
  it('selects everyone for no groups', () => {
    expect(compiled({ match: 'any', groups: [] })).toEqual({
      sql: 'select c.id as contact_id from contact c where "c"."tenant_id" = $1::uuid and true',
      parameters: [tenantId],
    });
  });

  it('aggregates a measure once, however many conditions test it', () => {
    const opened = (value: number): SegmentDefinition['groups'][0]['conditions'][0] =>
      ({ event: 'opened', window: { last: 30, unit: 'days' }, count: { operator: 'greater_or_equal', value } });
    expect(compiled({ match: 'all', groups: [{ match: 'all', conditions: [opened(5), { match: 'any', conditions: [opened(2)] }] }] })).toEqual({
      sql: 'with "events_1" as materialized (select e.contact_id, count(*) as measure from contact_event e '
        + 'where "e"."tenant_id" = $1::uuid and e.type = $2::text and (e.occurred_at >= $3::timestamptz and e.occurred_at <= $4::timestamptz) '
        + 'group by e.contact_id) '
        + 'select c.id as contact_id from "events_1" cross join lateral (select "events_1"."contact_id" as id) c '
        + 'where ((("events_1"."measure" >= $5::float8) and (("events_1"."measure" >= $6::float8))))',
      parameters: [tenantId, 'opened', '2026-02-13 12:00:00.000+00', '2026-03-15 12:00:00.000+00', 5, 2],
    });
  });

  it('reads events once for conditions that filter them differently', () => {
    const openedOn = (device: string): SegmentDefinition['groups'][0]['conditions'][0] =>
      ({ event: 'opened', where: [{ property: 'device', operator: 'equals', value: device }] });
    const { sql } = compiled({ match: 'any', groups: [{ match: 'all', conditions: [openedOn('mobile'), openedOn('desktop'), openedOn('mobile')] }] });
    expect(sql.match(/from contact_event/g)).toHaveLength(1);
    expect(sql).toMatch(/select e\.contact_id, count\(\*\) filter \(where .+?\) as measure, count\(\*\) filter \(where .+?\) as measure_2 from/);
    expect(sql).toContain('("events_1"."measure" >= $6::float8) and ("events_1"."measure_2" >= $7::float8) and ("events_1"."measure" >= $8::float8)');
  });

  it.each([['leaves out events that pass no filter', 'url', 4], ['asks for devices once, of which each has many events', 'device', 2]])('%s', (_, property, times) => {
    const openedWith = (value: string): ConditionDefinition => ({ event: 'opened', where: [{ property, operator: 'equals', value }] });
    expect(compiled(all(openedWith('one'), openedWith('two'))).sql.split(`lower((e.${property})`)).toHaveLength(times + 1);
  });

  it('reads no contacts where everyone who matches has events, and only these are asked for', () => {
    for (const conditions of [[opened], [opened, sentFew], [{ field: 'engagement.total_clicks', operator: 'greater_than', value: 2 }], [{ field: 'engagement.last_opened_at', operator: 'is_set' }, sentFew]] as const) {
      expect(compiled(all(...conditions)).sql).not.toContain('from contact c');
    }
  });

  const clicked: ConditionDefinition = { event: 'clicked' };
  const inCountry: ConditionDefinition = { field: 'contact.country', operator: 'equals', value: 'US' };
  const figure = (name: string): ConditionDefinition => ({ field: `engagement.${name}`, operator: 'greater_than', value: 2 });
  const either = (...conditions: ConditionDefinition[]): [string, SegmentDefinition][] => [
    ['a group', { match: 'any', groups: conditions.map((condition) => ({ match: 'all', conditions: [condition] })) }],
    ['a condition', { match: 'all', groups: [{ match: 'any', conditions }] }],
  ];

  it.each(either(opened, clicked, inCountry))('reads events apart from contacts where %s of each will do', (_, definition) => {
    const { sql } = compiled(definition);
    expect(sql.match(/ union /g)).toHaveLength(2);
    expect(sql.match(/from contact c/g)).toHaveLength(1);
    expect(sql).not.toContain('left join');
  });

  it.each(either(figure('total_clicks'), figure('total_opens')))('reads figures once where %s of each will do', (_, definition) => {
    const { sql } = compiled(definition);
    expect(sql.match(/select c\.id as contact_id from/g)).toHaveLength(1);
    expect(sql).toMatch(/select c\.id as contact_id from "engagement_\d" cross join lateral/);
  });

  it.each<[string, SegmentDefinition]>([
    ['a figure may be 0', all(sentFew)],
    ['none may be there', all({ event: 'opened', count: { operator: 'equals', value: 0 } })],
    ['something else will do', { match: 'any', groups: [...all(opened).groups, ...all(sentFew).groups] }],
    ['something else will do in the group', { match: 'all', groups: [{ match: 'any', conditions: [opened, sentFew] }] }],
    ['they are not to be there', { match: 'all', groups: [{ match: 'all', negate: true, conditions: [opened] }] }],
    ['only exclusions ask for them', { match: 'all', groups: [], exclusions: all(opened).groups }],
    ['a figure is not to be set', all({ field: 'engagement.last_opened_at', operator: 'is_not_set' })],
    ['the contact is asked for as well', all(opened, { field: 'contact.country', operator: 'equals', value: 'US' })],
    ['the contact is asked for by an exclusion', { ...all(opened), exclusions: all({ field: 'contact.country', operator: 'equals', value: 'US' }).groups }],
  ])('reads contacts where %s', (_, definition) => {
    expect(compiled(definition).sql).toContain('from contact c');
  });

  const ends = (operator: string, value?: unknown): ConditionDefinition => ({ field: 'customField.ends', operator, ...(value === undefined ? {} : { value }) });
  const endsSoon = ends('within_next', { amount: 7, unit: 'days' });
  const seen: ConditionDefinition = { field: 'customField.seen', operator: 'on', value: '2026-03-01' };

  it('reads dates instead of contacts where only these are asked for', () => {
    expect(compiled(all(endsSoon))).toEqual({
      sql: 'select c.id as contact_id from contact_date d cross join lateral (select d.contact_id as id) c '
        + 'where ((("d"."tenant_id" = $1::uuid and d.field_id = $2::uuid and (d.on_day >= $3::date and d.on_day <= $4::date))))',
      parameters: [tenantId, fieldIds.ends, '2026-03-15', '2026-03-22'],
    });
    for (const conditions of [[seen], [ends('is_set')], [ends('before', '2026-03-01'), opened], [ends('anniversary', 'today'), sentFew, { random: { salt: 'a', from: 0, to: 50 } }]] as const) {
      const { sql } = compiled(all(...conditions));
      expect(sql).toContain('from contact_date d cross join');
      expect(sql).not.toContain('from contact c');
    }
    expect(compiled(all(ends('anniversary', 'today'))).sql).toContain('(d.month_day = any($3::smallint[]) and d.on_day < $4::date)');
    expect(compiled({ ...all(seen), timezone: 'America/New_York' }).parameters).toEqual([tenantId, fieldIds.seen, '2026-03-01 05:00:00.000+00', '2026-03-02 05:00:00.000+00']);
  });

  it('finds contacts by a date that few have, the fewest first, and by none that was not counted', () => {
    const few = (...at: number[]) => (conditions: readonly FieldCondition[]): FieldCondition[] => at.map((place) => conditions[place]!);
    expect(compiled(all(inCountry, endsSoon, seen), {}, few(1, 0)).sql).toMatch(/from contact_date d join contact c on "c"\."tenant_id" = \$\d::uuid and c\.id = d\.contact_id where .+d\.at >= /);
    expect(compiled(all(inCountry, endsSoon, seen), {}, few(0)).sql).toContain('d.on_day >=');
    expect(compiled(all(inCountry, endsSoon, seen)).sql).not.toContain('contact_date');
    expect(compiled(all(ends('not_between', ['2026-03-01', '2026-03-02']))).sql).not.toContain('contact_date');
  });

  it.each<[string, SegmentDefinition]>([
    ['something else will do', { match: 'all', groups: [{ match: 'any', conditions: [endsSoon, inCountry] }] }],
    ['it is not to be so', { match: 'all', groups: [{ match: 'all', negate: true, conditions: [endsSoon] }] }],
    ['it is an exclusion', { match: 'all', groups: [], exclusions: all(endsSoon).groups }],
    ['it is alone', all(endsSoon, opened)],
    ['no index knows the local days', all({ field: 'customField.seen', operator: 'anniversary', value: 'today' }, inCountry)],
  ])('counts no date where %s', (_, definition) => {
    expect(datesToCount(parse(definition, vocabulary).rule!)).toEqual([]);
  });

  it('writes a segment that one place reads where it is read, and one that several read as a column beside the contact', () => {
    const one = '00000000-0000-4000-8000-0000000000aa';
    const others = { [one]: all({ field: 'contact.country', operator: 'equals', value: 'US' }) };
    const reads = (operator: 'in' | 'not_in'): ConditionDefinition => ({ segment: one, operator });
    expect(compiled(all(reads('in')), others).sql).not.toContain('level_0');
    expect(compiled(all(reads('not_in')), others).sql).toContain('not coalesce(');
    expect(compiled({ match: 'any', groups: [...all(reads('in')).groups, ...all(reads('not_in')).groups] }, others).sql).toContain('level_0');
  });

  it('reads a segment once, however many conditions on the way to it name it', () => {
    // More conditions than stand beside a contact: each segment is a set of its own.
    const naming = (segment: string): SegmentDefinition => ({ match: 'all', groups: [{ match: 'any', conditions: Array.from({ length: 200 }, () => ({ segment, operator: 'in' as const })) }] });
    const terms = new Map([1, 2, 3, 4].map((n) => [segmentId(n), dynamicSegment(segmentId(n), `Link ${n}`, n === 4 ? everyone : naming(segmentId(n + 1)))]));
    const withChain = { ...vocabulary, segments: terms };
    const { rule } = parse(naming(segmentId(1)), withChain);
    const looked: string[] = [];
    class Counting extends Map<string, Reference> {
      override get(id: string): Reference | undefined {
        looked.push(id);
        // Ended here: 200 by 200 by 200 of them would take minutes, and no time limit ends what never waits.
        if (looked.length > 10_000) throw new Error('segments are read again and again');
        return super.get(id);
      }
    }
    const { sql } = toText(membersSql({ rule: rule!, references: new Counting(resolveReferences(rule!, withChain)), tenantId, asOf }));
    expect(sql.match(/"segment_\d+" as materialized/g)).toHaveLength(4);
  });

  it('is two-valued below a NOT', () => {
    expect(compiled({
      match: 'all', groups: [{ match: 'all', negate: true, conditions: [{ field: 'contact.country', operator: 'equals', value: 'US' }] }],
    }).sql).toContain(`not (((coalesce("c"."country", '') <> '') and ((lower(`);
  });

  it('holds no value of a rule', () => {
    const value = `x'; drop table contact; --`;
    const { sql, parameters } = compiled({
      match: 'all', timezone: 'Europe/Berlin', groups: [{
        match: 'all', conditions: [
          { field: 'contact.city', operator: 'contains', value }, { field: 'contact.tags', operator: 'contains_any', value: [value] },
          { event: 'clicked', where: [{ property: `properties.${value}`, operator: 'equals', value }] },
          { random: { salt: value, from: 0, to: 50 } },
        ],
      }],
    });
    expect(sql).not.toContain('drop table');
    expect(JSON.stringify(parameters).split('drop table')).toHaveLength(1 + 7);
  });
});
