import type { Sql } from '#database';
import type { CustomFieldSet } from '../contacts/index.js';
import type { ExportedRow } from './export-columns.js';

/** What is exported: where its rows come from, and how one is shown. */
export interface ExportSource<Row extends { id: string }> {
  readonly fields: readonly string[];
  readonly custom: CustomFieldSet | null;
  /** `only` is a further condition. */
  readonly next: (after: string | null, limit: number, only?: Sql) => Sql;
  readonly show: (row: Row) => ExportedRow;
  /** How many rows there are, counted up to a limit. */
  readonly countUpTo: (limit: number) => Sql;
  /** Holds for every row with a value that is longer than a cell, and for few others. */
  readonly long: Sql;
}
