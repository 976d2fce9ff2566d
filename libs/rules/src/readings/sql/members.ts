import type { Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { formatInstant } from '../../time/calendar.js';
import { predicateSql } from './predicate.js';
import type { Statement } from './statement.js';

/** The contacts that match a rule, as one column `contact_id`; with a segment's id, its overrides are applied. */
export function selectMembers(rule: Rule, statement: Statement, segmentOfOverrides: string | undefined): Sql {
  const joined = new Set<string>();
  const memberOf = (segment: string): Sql => {
    const feature = segmentFeature(segment, statement);
    joined.add(feature);
    return sql`(${sql.ref(`${feature}.contact_id`)} is not null)`;
  };
  const matches = predicateSql(rule, statement, memberOf, joined);
  const joins = [...joined].map((name) => sql` left join ${sql.ref(name)} on ${sql.ref(`${name}.contact_id`)} = c.id`);
  const matching = sql`select c.id as contact_id from contact c${sql.join(joins, sql``)}
    where ${statement.ofTenant('c')}${statement.amongCandidates('c.id')} and ${matches}`;
  return segmentOfOverrides === undefined ? matching : withOverrides(matching, segmentOfOverrides, statement);
}

/** An override wins over everything while `asOf` lies before its end. */
function withOverrides(matching: Sql, segment: string, statement: Statement): Sql {
  const holding = sql`${statement.ofTenant('o')} and o.segment_id = ${segment}::uuid
    and (o.until is null or o.until > ${formatInstant(statement.asOf)}::timestamptz)`;
  return sql`${matching} and not exists (select from segment_override o where ${holding} and o.contact_id = c.id)
    union all
    select c.id as contact_id from segment_override o join contact c on ${statement.ofTenant('c')} and c.id = o.contact_id
    where ${holding} and o.pin = 'in'${statement.amongCandidates('o.contact_id')}`;
}

/** The other segment as one feature; its own features come before it, so it is built at once. */
function segmentFeature(segment: string, statement: Statement): string {
  const reference = statement.reference(segment);
  const key = `segment ${segment}`;
  const known = statement.known(key);
  if (known !== undefined) return known;
  const members = reference.kind === 'static'
    ? sql`select m.contact_id from segment_member m
      where ${statement.ofTenant('m')} and m.segment_id = ${segment}::uuid${statement.amongCandidates('m.contact_id')}`
    : selectMembers(reference.rule, statement, segment);
  return statement.feature('segment', key, () => members);
}
