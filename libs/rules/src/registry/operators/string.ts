import { complement, defineOperator } from '../operator.js';
import { oneText, textList } from '../value-shapes.js';
import { quote, quoteAll } from './words.js';
import { fold, foldedSql } from '../../fold.js';
import { sql, type Sql } from '../../sql.js';

const types = ['string'] as const;
const given = (text: string): Sql => foldedSql(sql`${text}::text`);
/** Each is a parameter of the statement, which has 65,535 in all. */
const mostParameters = 50;

export const equals = defineOperator<string, string>({
  name: 'equals', types, value: oneText, label: 'is',
  sql: (x, v) => sql`(${foldedSql(x)} = ${given(v)})`,
  holds: (x, v) => fold(x) === fold(v),
  say: (v) => `is ${v}`,
  examples: [
    ['SaaS', 'saas', true], ['SaaS ', 'saas', false], ['É', 'é', true], ['é', 'e', false], ['é', 'e\u0301', false],
    ['ΣΑΣ', 'σας', false], ['ΣΑΣ', 'σασ', true], ['İ', 'i', true], ['ß', 'SS', false],
  ],
});
export const notEquals = complement('not_equals', equals, 'is not', (v) => `is not ${v}`);

export const contains = defineOperator<string, string>({
  name: 'contains', types, value: oneText, label: 'contains',
  sql: (x, v) => sql`(strpos(${foldedSql(x)}, ${given(v)}) > 0)`,
  holds: (x, v) => fold(x).includes(fold(v)),
  say: (v) => `contains ${quote(v)}`,
  examples: [
    ['Pricing page', 'PRICING', true], ['100%', '%', true], ['a', '%', false], ['a_b', '_', true], ['ab', '_', false],
    ['a\\b', '\\', true], ["O'Hara", "'h", true],
  ],
});
export const notContains =
  complement('not_contains', contains, 'does not contain', (v) => `does not contain ${quote(v)}`);

export const startsWith = defineOperator<string, string>({
  name: 'starts_with', types, value: oneText, label: 'starts with',
  sql: (x, v) => sql`starts_with(${foldedSql(x)}, ${given(v)})`,
  holds: (x, v) => fold(x).startsWith(fold(v)),
  say: (v) => `starts with ${quote(v)}`,
  examples: [['Product launch', 'PRODUCT', true], ['A product', 'product', false], ['abc', '_b', false], ['%', '%', true]],
});
export const notStartsWith =
  complement('not_starts_with', startsWith, 'does not start with', (v) => `does not start with ${quote(v)}`);

export const endsWith = defineOperator<string, string>({
  name: 'ends_with', types, value: oneText, label: 'ends with',
  // right() takes code points, and char_length of a folded text is its code points.
  sql: (x, v) => sql`(right(${foldedSql(x)}, char_length(${given(v)})) = ${given(v)})`,
  holds: (x, v) => fold(x).endsWith(fold(v)),
  say: (v) => `ends with ${quote(v)}`,
  examples: [['ann@Example.com', '@EXAMPLE.COM', true], ['example.com.au', '.com', false], ['abc', 'b%', false], ['a', 'aa', false]],
});
export const notEndsWith =
  complement('not_ends_with', endsWith, 'does not end with', (v) => `does not end with ${quote(v)}`);

export const isIn = defineOperator<string[], string>({
  name: 'in', types, value: textList, label: 'is one of',
  // Few values are an array that the planner folds by itself, whose statistics it knows and which several processes test (100,000
  // contacts: 47 ms, and 80 by a join). Many are one parameter, of which a hashed subplan looks each up once.
  sql: (x, v) => v.length <= mostParameters ? sql`(${foldedSql(x)} = any(array[${sql.join(v.map(given))}]))`
    : sql`(${foldedSql(x)} in (select ${foldedSql(sql`given.text`)} from unnest(${v}::text[]) as given (text)))`,
  holds: (x, v) => v.some((value) => fold(value) === fold(x)),
  say: (v) => `is one of ${quoteAll(v)}`,
  examples: [['tech', ['SaaS', 'TECH'], true], ['technology', ['SaaS', 'Tech'], false]],
});
export const notIn = complement('not_in', isIn, 'is none of', (v) => `is none of ${quoteAll(v)}`);
