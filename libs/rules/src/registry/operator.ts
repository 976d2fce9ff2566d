import type { Fault } from '../faults.js';
import type { ValueType } from '../rule.js';
import { sql, type Sql } from '../sql.js';

/** What reading a value depends on besides the JSON. */
export interface ShapeContext {
  readonly timezone: string;
  /** The field's type is `date`: days only, so minutes and hours are rejected. */
  readonly dateField: boolean;
}

/** How an operator's JSON value is read: to the typed value that `sql`, `holds` and `say` receive, or to faults. */
export interface ValueShape<V> {
  readonly name: string;
  /** Pushes a fault with its exact pointer for everything wrong, and returns undefined then. */
  read(json: unknown, pointer: string, context: ShapeContext, faults: Fault[]): V | undefined;
  /** JSON Schema 2020-12. */
  schema(dateField: boolean): object;
  /** For the catalog and the reference page. */
  readonly describe: string;
}

/** The moment of evaluation: one for every part of a rule. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly asOf: number;
  /** The definition's zone, in which its calendar days lie. */
  readonly timezone: string;
}

/** How the left side of a test is written in SQL. */
export interface LeftSide {
  /** The right side of a number's comparison, where the left is an exact sum (or a sum to be held against value × n). */
  readonly right?: (value: number) => Sql;
  /** Of a time: the left side is its text as it is stored, `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS.mmmZ`, in collation C. */
  readonly asText?: boolean;
  /** Of a date: its month × 100 + day, where that is stored beside it. */
  readonly monthAndDay?: Sql;
  /** Of an array: the left side is a JSON array of texts. */
  readonly asJson?: boolean;
}

/** SQL receives its moments as constants that the same arithmetic as the evaluator's has computed. */
export interface SqlMoment extends Moment, LeftSide {}

/**
 * An operator, complete: everything that is said of it anywhere is derived from this row. A row's name is unique
 * for each of its types.
 */
export type OperatorRow<V = unknown, X = unknown> = OperatorBase<V, X> & OperatorOfTime<V>;

interface OperatorBase<V, X> {
  readonly name: string;
  readonly types: readonly ValueType[];
  readonly value: ValueShape<V>;
  readonly label: string;
  /** `x` is an SQL expression whose value is set here. The result is a boolean, never null. */
  sql(x: Sql, v: V, moment: SqlMoment): Sql;
  /** The in-memory twin; `x` is set. */
  holds(x: X, v: V, moment: Moment): boolean;
  /** In plain words: `contains “x”`. */
  say(v: V): string;
  /** Made by `complement`: the exact NOT of another row, so true on an unset value. */
  readonly negative?: boolean;
  /** The row that this one is the complement of. */
  readonly positive?: OperatorRow<V, X>;
  readonly examples: readonly (readonly [x: X, json: unknown, expected: boolean])[];
}

type OperatorOfTime<V> = { readonly timeDependent?: never; readonly edges?: never } | TimeEdges<V>;

interface TimeEdges<V> {
  /** Whether the verdict on an unchanged value may change as time passes. */
  timeDependent(v: V): boolean;
  /** The moments at which the verdict may change lie on these: the bounds of the operator's span at `moment`. */
  edges(v: V, moment: Moment): readonly Edge[];
}

/** A row that is not told of the moment: time changes no verdict. Its functions are properties, so that one which looks at the moment does not compile. */
interface TimelessRow<V, X> extends Omit<OperatorBase<V, X>, 'sql' | 'holds'> {
  readonly sql: (x: Sql, v: V, left: LeftSide) => Sql;
  readonly holds: (x: X, v: V) => boolean;
}

/**
 * A bound of a time-dependent test at one moment: a value that crosses it may flip. Days that return are no bound but a
 * set: a value may flip where the years in which its day of the year is asked for (month × 100 + day) are not the same.
 */
export type Edge =
  | { readonly kind: 'instant'; readonly at: number }
  | { readonly kind: 'day'; readonly day: string }
  | { readonly kind: 'returns'; readonly years: ReadonlyMap<number, readonly number[]> };

/** Types the row by its value shape and its examples; frozen. */
export function defineOperator<V, X>(row: TimelessRow<V, X>): OperatorRow<V, X> {
  return Object.freeze(row);
}

/** The same of a row whose verdict depends on the moment: without edges it does not compile. */
export function defineTimeOperator<V, X>(row: OperatorBase<V, X> & TimeEdges<V>): OperatorRow<V, X> {
  return Object.freeze(row);
}

/** The exact complement of a positive row, built from it and never written out, so that P or not P always holds. */
export function complement<V, X>(
  name: string, row: OperatorRow<V, X>, label: string, say: (v: V) => string,
): OperatorRow<V, X> {
  return Object.freeze<OperatorRow<V, X>>({
    ...row,
    name,
    label,
    negative: true,
    positive: row,
    sql: (x, v, moment) => sql`not ${row.sql(x, v, moment)}`,
    holds: (x, v, moment) => !row.holds(x, v, moment),
    say,
    examples: row.examples.map(([x, json, expected]) => [x, json, !expected] as const),
  });
}
