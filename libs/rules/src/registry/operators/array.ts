import { complement, defineOperator } from '../operator.js';
import { oneText, textList } from '../value-shapes.js';
import { quote, quoteAll } from './words.js';
import { fold, foldedSql } from '../../fold.js';
import { sql, type Sql } from '../../sql.js';

const types = ['array'] as const;

/** The folded elements of a text[] expression, and of the values given, as rows of one column. */
const elements = (x: Sql): Sql => sql`select ${foldedSql(sql`own.text`)} from unnest(${x}) as own (text)`;
const givens = (v: readonly string[]): Sql =>
  sql`select ${foldedSql(sql`given.text`)} from unnest(${v}::text[]) as given (text)`;
/**
 * A JSON array of texts, folded as a whole: case changes nothing that JSON is made of. Taken apart into rows it takes
 * twice as long.
 */
const foldedJson = (x: Sql): Sql => sql`(lower((${x})::text collate "pg_c_utf8"))::jsonb`;
const foldAll = (texts: readonly string[]): Set<string> => new Set(texts.map(fold));

export const contains = defineOperator<string, string[]>({
  name: 'contains', types, value: oneText, label: 'contains',
  sql: (x, v, { asJson }) => asJson === true
    ? sql`(${foldedJson(x)} ? ${foldedSql(sql`${v}::text`)})`
    : sql`(${foldedSql(sql`${v}::text`)} in (${elements(x)}))`,
  holds: (x, v) => foldAll(x).has(fold(v)),
  say: (v) => `contains ${quote(v)}`,
  examples: [[['VIP', 'beta'], 'vip', true], [['vips'], 'vip', false], [['%'], 'vip', false]],
});
export const notContains =
  complement('not_contains', contains, 'does not contain', (v) => `does not contain ${quote(v)}`);

export const containsAny = defineOperator<string[], string[]>({
  name: 'contains_any', types, value: textList, label: 'contains any of',
  // `is true` keeps the values a hashed subplan, filled once; as a join it was built anew for every contact.
  sql: (x, v, { asJson }) => asJson === true
    ? sql`(${foldedJson(x)} ?| array(${givens(v)}))`
    : sql`exists (select from unnest(${x}) as own (text) where (${foldedSql(sql`own.text`)} in (${givens(v)})) is true)`,
  holds: (x, v) => v.some((value) => foldAll(x).has(fold(value))),
  say: (v) => `contains any of ${quoteAll(v)}`,
  examples: [[['a', 'b'], ['B', 'c'], true], [['a'], ['b', 'c'], false]],
});
export const containsNone =
  complement('contains_none', containsAny, 'contains none of', (v) => `contains none of ${quoteAll(v)}`);

export const containsAll = defineOperator<string[], string[]>({
  name: 'contains_all', types, value: textList, label: 'contains all of',
  sql: (x, v, { asJson }) => asJson === true
    ? sql`(${foldedJson(x)} ?& array(${givens(v)}))`
    : sql`not exists (${givens(v)} except ${elements(x)})`,
  holds: (x, v) => v.every((value) => foldAll(x).has(fold(value))),
  say: (v) => `contains all of ${quoteAll(v)}`,
  examples: [[['a', 'B', 'c'], ['A', 'b'], true], [['a'], ['a', 'b'], false]],
});
