import { sql, type Sql } from './sql.js';

const DOTTED_CAPITAL_I = 'İ';

/**
 * Unicode's simple lower-case mapping, code point by code point, whatever the neighbours: `Σ` becomes `σ` also at the
 * end of a word, and `İ` becomes `i` (JavaScript's full mapping would give two code points).
 */
export function fold(text: string): string {
  let folded = '';
  for (const point of text) folded += point === DOTTED_CAPITAL_I ? 'i' : point.toLowerCase();
  return folded;
}

/**
 * The database's twin of `fold`, for a text expression. A rule's values are folded by it too, so that a text equals
 * itself even where the two know different editions of Unicode. Afterwards texts compare by code points.
 */
export function foldedSql(text: Sql): Sql {
  return sql`(lower((${text}) collate "pg_c_utf8") collate "C")`;
}
