import { sql, type Sql } from '../../sql.js';

/**
 * A contact's stable place in [0, 100) among those of a salt: the first 32 bits of the MD5 of `<salt>:<id>`, exact in a double.
 * Splits, holdouts and caps that are drawn by it hold who the condition `random` of the same salt holds.
 */
export function placeSql(salt: string, contactId: Sql): Sql {
  return sql`(('x' || left(md5(${`${salt}:`}::text || ${contactId}::text), 8))::bit(32)::bigint * 100 / 4294967296::float8)`;
}
