import {
  DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler
} from 'kysely';
import type { Rule } from '../rule.js';
import type { Sql } from '../sql.js';
import { selectBreakdown } from './sql/breakdown.js';
import { selectMembers } from './sql/members.js';
import { Statement, type StatementOptions } from './sql/statement.js';
import { selectVerdicts } from './sql/verdicts.js';

export { datesToCount, selectFewDated } from './sql/dates.js';
export { engagementAfter, engagementColumns, engagementOf, engagementSql } from './sql/engagement.js';
export { campaignsNamed, selectSpellings, type Spellings } from './sql/spellings.js';
export type { StatementOptions } from './sql/statement.js';

export interface MembersOptions extends StatementOptions {
  readonly rule: Rule;
  /** Applies this segment's own overrides as well. */
  readonly withSegmentOverrides?: string;
}

/**
 * The contacts of a tenant that match a rule at `asOf`, as a SELECT of one column `contact_id`, each contact once.
 * Every measure of events, the engagement figures and every segment that the rule reaches are computed set-wise, once.
 */
export function membersSql({ rule, withSegmentOverrides, ...options }: MembersOptions): Sql {
  const statement = new Statement(options);
  return statement.render(selectMembers(rule, statement, withSegmentOverrides));
}

/**
 * For each node of a rule how many contacts of the tenant it is true for, and for how many the result would be another if
 * this node alone were: one row of two arrays, which `breakdown` puts into the definition.
 */
export function breakdownSql({ rule, withSegmentOverrides, ...options }: Omit<MembersOptions, 'candidates'>): Sql {
  const statement = new Statement(options);
  return statement.render(selectBreakdown(rule, statement, withSegmentOverrides));
}

export interface VerdictsOptions extends StatementOptions {
  /** By their ids. */
  readonly segments: ReadonlyMap<string, Rule>;
  readonly candidates: Sql;
}

/**
 * Who of the candidates is a member of which of many segments at `asOf`, overrides applied, as a SELECT of `segment_id`
 * and `contact_id`. What several segments look at is computed once, and all events of the candidates are read in one pass.
 */
export function verdictsSql({ segments, ...options }: VerdictsOptions): Sql {
  const statement = new Statement(options);
  return statement.render(selectVerdicts(segments, statement));
}

const compiling = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The text of a fragment with its numbered parameters, as the database gets it. */
export function toText(fragment: Sql): { sql: string; parameters: readonly unknown[] } {
  const { sql, parameters } = (fragment).compile(compiling);
  return { sql, parameters };
}
