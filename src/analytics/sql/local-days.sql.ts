import { sql, type Sql } from '#database';

/** A range of local days, `YYYY-MM-DD`, both ends included, in a zone of the database's spelling. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
  readonly zone: string;
}

/** The moment at which a local day begins. */
export function beginOf(day: string, zone: string): Sql {
  return sql`(${day}::date::timestamp at time zone ${zone}::text)`;
}

/** The moment at which it has ended. */
export function endOf(day: string, zone: string): Sql {
  return sql`((${day}::date + 1)::timestamp at time zone ${zone}::text)`;
}

/** The local day of a moment. */
export function dayOf(moment: Sql, zone: string): Sql {
  return sql`(${moment} at time zone ${zone}::text)::date`;
}
