import { foldedSql } from '../../fold.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { EventFilter, Rule } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';
import { conditionsOf, rulesReached } from '../conditions.js';
import type { References } from '../memory/snapshot.js';

/** Of campaign ids as rules name them, how events spell them: rules compare ids folded, which reaches no index below row-level security. */
export type Spellings = ReadonlyMap<string, readonly string[]>;

/** Whether a filter names campaigns by their ids. */
export function namesCampaigns({ property, test }: EventFilter): boolean {
  const row = operatorOf(test.type, test.operator)!;
  return property.kind === 'known' && property.name === 'campaign.id' && ['equals', 'in'].includes((row.positive ?? row).name);
}

/** The campaign ids that such a filter names. */
function idsNamed({ test: { value } }: EventFilter): string[] {
  return [value].flat() as string[];
}

/** Whether a filter is for what it names, and not for everything else. */
export function isPositive({ test }: EventFilter): boolean {
  return operatorOf(test.type, test.operator)!.positive === undefined;
}

/** The campaigns of such a filter as events spell them, in their order. */
export function spelled(filter: EventFilter, spellings: Spellings): string[] {
  return [...new Set(idsNamed(filter).flatMap((id) => {
    const found = spellings.get(id);
    if (found === undefined) throw new Error(`The rule names campaign ${id}, whose spellings were not asked for.`);
    return found;
  }))].sort();
}

/** The campaign ids that a rule, or a segment that it reaches, names in a filter of events. */
export function campaignsNamed(rule: Rule, references: References): string[] {
  const filters = rulesReached([rule], references).flatMap(conditionsOf).flatMap((condition) => (condition.kind === 'event' ? condition.filters : []));
  return [...new Set(filters.filter(namesCampaigns).flatMap(idsNamed))];
}

/**
 * How the tenant's events spell campaign ids: rows of `named` and `id`. The ids of all events are hopped through by
 * contact_event_by_campaign: a tenant has thousands at most, and each is one probe.
 */
export function selectSpellings(tenantId: string, named: readonly string[]): Sql {
  const next = (after: Sql): Sql => sql`select e.campaign_id from contact_event e
    where e.tenant_id = ${tenantId}::uuid and ${after} order by e.campaign_id limit 1`;
  return sql`
    with recursive hops (id) as (
      (${next(sql`e.campaign_id > ''`)}) union all select (${next(sql`e.campaign_id > hops.id`)}) from hops where hops.id is not null
    )
    select given.named, hops.id from hops join unnest(${named}::text[]) as given (named) on ${foldedSql(sql`hops.id`)} = ${foldedSql(sql`given.named`)}`;
}
