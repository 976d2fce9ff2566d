import { sql, type RawBuilder } from 'kysely';

/**
 * A piece of SQL with its bound values (Kysely's `sql` template builds and nests them). Values enter only as `${…}` in
 * the template and become parameters; identifiers are written in the template or come from the registry through `sql.ref`.
 */
export type Sql = RawBuilder<unknown>;
export { sql };
