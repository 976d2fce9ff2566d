import { sql, type Sql } from '#database';

export interface SizeStep {
  /** Whom the step may move, as one column `contact_id`. */
  moved: Sql;
  /** Who matches before and after it; given a SELECT of contact ids, only among these. */
  before: (candidates: Sql) => Sql;
  after: (candidates: Sql) => Sql;
}

/** How many enter and leave from one moment to the next: nobody is looked at but those whom the step may move. */
export function countStep({ moved, before, after }: SizeStep): Sql {
  const candidates = sql`select contact_id from moved`;
  return sql`
    with moved as materialized (${moved}),
    was as materialized (${before(candidates)}),
    will_be as materialized (${after(candidates)})
    select count(*) filter (where w.contact_id is null) as entries, count(*) filter (where b.contact_id is null) as exits
    from was w full join will_be b on b.contact_id = w.contact_id
    where w.contact_id is null or b.contact_id is null`;
}

/** How many match at one moment. */
export function countMembers(members: Sql): Sql {
  return sql`select count(*) as size from (${members}) m`;
}
