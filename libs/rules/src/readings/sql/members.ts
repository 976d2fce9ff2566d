import type { Group, Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { formatInstant } from '../../time/calendar.js';
import { anchorOf, datedOf } from './anchor.js';
import { predicateSql } from './predicate.js';
import type { Statement } from './statement.js';
import { asksOnlyOf } from './together.js';
import { Verdicts } from './verdicts.js';

/**
 * The contacts that match a rule, as one column `contact_id`; with a segment's id, its overrides are applied. Segments
 * that it refers to are verdicts beside each contact; as sets of their own each would go through the contacts once more.
 */
export function selectMembers(rule: Rule, statement: Statement, segmentOfOverrides: string | undefined): Sql {
  const selects = partsOf(rule, statement).map(({ part, anchor }) => selectPart(part, anchor, statement));
  const matching = selects.length === 1 ? selects[0]! : sql`select c.id as contact_id from (${sql.join(selects, sql` union `)}) c (id) where true`;
  return segmentOfOverrides === undefined || !statement.mayBeOverridden(segmentOfOverrides) ? matching : withOverrides(matching, segmentOfOverrides, statement);
}

interface Part {
  readonly part: Rule;
  readonly anchor: string | null;
}

/**
 * Rules of which whoever matches this one matches at least one. Where something else will do, what has an anchor is read by
 * itself: "engaged, or of high value" joined the measures of its events to each of a million contacts, 1.1 s, and 0.7 s so.
 */
function partsOf(rule: Rule, statement: Statement): readonly Part[] {
  const byAnchor = Map.groupBy(alternativesOf(rule), (group) => anchorOf({ ...rule, groups: [group] }, statement));
  if (byAnchor.size === 0 || (byAnchor.size === 1 && byAnchor.has(null))) return [{ part: rule, anchor: anchorOf(rule, statement) }];
  return [...byAnchor].map(([anchor, groups]) => ({ part: { ...rule, match: 'any', groups }, anchor }));
}

/** The groups of which one will do; none where all have to hold. */
function alternativesOf({ match, groups }: Rule): readonly Group[] {
  const [one] = groups;
  if (one === undefined || groups.length > 1) return match === 'any' ? groups : [];
  if (one.negate || one.match === 'all') return [];
  return one.conditions.map((node): Group => (node.kind === 'group' ? node : { ...one, match: 'all', conditions: [node] }));
}

function selectPart(rule: Rule, anchor: string | null, statement: Statement): Sql {
  const verdicts = new Verdicts(statement, [rule]);
  const dated = anchor === null ? datedOf(rule, statement) : null;
  const matches = predicateSql(rule, statement, (segment, nullIs) => verdicts.isMember(segment, nullIs), verdicts.joined, dated);
  if (dated !== null) {
    const contact = asksOnlyOf(dated, rule)
      ? sql`cross join lateral (select d.contact_id as id) c`
      : sql`join contact c on ${statement.ofTenant('c')} and c.id = d.contact_id`;
    return sql`select c.id as contact_id from contact_date d ${contact}${verdicts.joins()} where ${matches}`;
  }
  return anchor === null
    ? sql`select c.id as contact_id from contact c${verdicts.joins()}
      where ${statement.ofTenant('c')}${statement.amongCandidates('c.id')} and ${matches}`
    : sql`select c.id as contact_id from ${sql.ref(anchor)} cross join lateral (select ${sql.ref(`${anchor}.contact_id`)} as id) c${verdicts.joins(anchor)}
      where ${matches}`;
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
