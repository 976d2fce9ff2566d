import type { Sql, TenantTransaction } from '#database';
import type { CustomFieldSet } from '../contacts/index.js';
import { columnsSql, type ExportColumn, type ExportedRow, type ExportField } from './export-columns.js';

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

/** All rows, or those for which `only` holds, by batches. While one is used, the next is read: two are in memory at most. */
export async function* batchesOf(
  tx: TenantTransaction, source: ExportSource, columns: readonly ExportColumn[], { size, only }: { size: number; only?: Sql },
): AsyncIterable<readonly ExportedRow[]> {
  const selected = columnsSql(columns, source);
  const read = async (after: string | null): Promise<ExportedRow[]> => await tx.rows<ExportedRow>(source.next(selected, after, size, only));
  let reading = read(null);
  try {
    for (;;) {
      const rows = await reading;
      if (rows.length < size) {
        yield rows;
        return;
      }
      reading = read(rows.at(-1)!.key);
      // Where nobody comes for it, since the client left, it fails unheard.
      reading.catch(() => undefined);
      yield rows;
    }
  } finally {
    // Until then somebody is there who ends it in the database.
    await reading.catch(() => undefined);
  }
}
