import type { Sql } from '#database';
import type { CustomFieldSet } from '../contacts/index.js';
import type { ExportField } from './export-columns.js';

/** What is exported, and where its rows come from. */
export interface ExportSource {
  readonly fields: Readonly<Record<string, ExportField>>;
  readonly custom: CustomFieldSet | null;
  /** The next rows by their `key`, with these columns. `only` is a further condition. */
  readonly next: (columns: Sql, after: string | null, limit: number, only?: Sql) => Sql;
  /** How many rows there are, counted up to a limit. */
  readonly countUpTo: (limit: number) => Sql;
  /** Holds for every row with a value that is longer than a cell, and for few others. */
  readonly long: Sql;
}
