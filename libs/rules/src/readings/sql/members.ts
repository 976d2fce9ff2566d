import type { Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { formatInstant } from '../../time/calendar.js';
import { anchorOf } from './anchor.js';
import { predicateSql } from './predicate.js';
import type { Statement } from './statement.js';
import { Verdicts } from './verdicts.js';

/**
 * The contacts that match a rule, as one column `contact_id`; with a segment's id, its overrides are applied. Segments
 * that it refers to are verdicts beside each contact; as sets of their own each would go through the contacts once more.
 */
export function selectMembers(rule: Rule, statement: Statement, segmentOfOverrides: string | undefined): Sql {
  const verdicts = new Verdicts(statement, [rule]);
  const matches = predicateSql(rule, statement, (segment, nullIs) => verdicts.isMember(segment, nullIs), verdicts.joined);
  const anchor = anchorOf(rule, statement);
  const matching = anchor === null
    ? sql`select c.id as contact_id from contact c${verdicts.joins()}
      where ${statement.ofTenant('c')}${statement.amongCandidates('c.id')} and ${matches}`
    : sql`select c.id as contact_id from ${sql.ref(anchor)} cross join lateral (select ${sql.ref(`${anchor}.contact_id`)} as id) c${verdicts.joins(anchor)}
      where ${matches}`;
  return segmentOfOverrides === undefined || !statement.mayBeOverridden(segmentOfOverrides) ? matching : withOverrides(matching, segmentOfOverrides, statement);
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
