import { type Sql, sql, type TenantTransaction } from '#database';
import type { CustomFieldSet } from '../contacts/index.js';
import { columnsOf, type ExportColumn, type ExportedBatch, type ExportField } from './export-columns.js';

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

/**
 * All rows, or those for which `only` holds, by batches. While one is used, the next is read: two are in memory at most. A batch
 * comes as a JSON array for each column: parsing a row of the protocol each took half of an export's time.
 */
export async function* batchesOf(
  tx: TenantTransaction, source: ExportSource, columns: readonly ExportColumn[], { size, only }: { size: number; only?: Sql },
): AsyncIterable<ExportedBatch> {
  const read = columnsOf(columns, source);
  const selected = sql.join(read.map(({ name, column }) => sql`, ${column} as ${sql.ref(name)}`), sql``);
  const arrays = sql.join(['key', ...read.map(({ name }) => name)].map((name) => sql`json_agg(b.${sql.ref(name)}) as ${sql.ref(name)}`));
  const next = async (after: string | null): Promise<ExportedBatch> => {
    const found = await tx.row<{ key: string[] | null } & Record<string, unknown[]>>(sql`select ${arrays} from (${source.next(selected, after, size, only)}) b`);
    return { keys: found?.key ?? [], columns: found ?? {} };
  };
  let reading = next(null);
  try {
    for (;;) {
      const batch = await reading;
      if (batch.keys.length < size) {
        yield batch;
        return;
      }
      reading = next(batch.keys.at(-1)!);
      // Where nobody comes for it, since the client left, it fails unheard.
      reading.catch(() => undefined);
      yield batch;
    }
  } finally {
    // Until then somebody is there who ends it in the database.
    await reading.catch(() => undefined);
  }
}

/** The values of a batch, row by row. */
export function valuesOf(batch: ExportedBatch, columns: readonly ExportColumn[]): unknown[][] {
  return batch.keys.map((_, row) => columns.map(({ valueOf }) => valueOf(batch, row)));
}
