import type { SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { membersSql, toText } from './to-sql.js';

const tenantId = '00000000-0000-4000-8000-000000000001';
const asOf = Date.parse('2026-03-15T12:00:00Z');
const vocabulary = { customFields: [], eventTypes: [], segments: new Map() };

function compiled(definition: SegmentDefinition): { sql: string; parameters: readonly unknown[] } {
  const { rule, faults } = parse(definition, vocabulary);
  if (rule === undefined) throw new Error(JSON.stringify(faults));
  const { sql, parameters } = toText(membersSql({ rule, references: new Map(), tenantId, asOf }));
  return { sql: sql.replace(/\s+/g, ' '), parameters };
}

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
        + 'select c.id as contact_id from contact c left join "events_1" on "events_1"."contact_id" = c.id '
        + 'where "c"."tenant_id" = $5::uuid and ((("events_1"."measure" >= $6::float8) and (("events_1"."measure" >= $7::float8))))',
      parameters: [tenantId, 'opened', '2026-02-13 12:00:00.000+00', '2026-03-15 12:00:00.000+00', tenantId, 5, 2],
    });
  });

  it('reads events once for conditions that filter them differently', () => {
    const openedOn = (device: string): SegmentDefinition['groups'][0]['conditions'][0] =>
      ({ event: 'opened', where: [{ property: 'device', operator: 'equals', value: device }] });
    const { sql } = compiled({ match: 'any', groups: [{ match: 'all', conditions: [openedOn('mobile'), openedOn('desktop'), openedOn('mobile')] }] });
    expect(sql.match(/from contact_event/g)).toHaveLength(1);
    expect(sql).toMatch(/select e\.contact_id, count\(\*\) filter \(where .+?\) as measure, count\(\*\) filter \(where .+?\) as measure_2 from/);
    expect(sql).toContain('("events_1"."measure" >= $9::float8) and ("events_1"."measure_2" >= $10::float8) and ("events_1"."measure" >= $11::float8)');
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
