import type { TenantTransaction } from '#database';
import type { ExportColumn } from './export-columns.js';
import type { ExportedRow } from './exported-batch.js';
import { batchesOf, type ExportSource } from './export-source.js';
import { cellTooLong, tooManySheetRows } from './files.problems.js';
import { longestCell, mostSheetRows } from './xlsx/cell-text.js';
import { sheetText } from './xlsx/sheet-writer.js';

/** Such rows may have a megabyte each. */
const batch = 20;

/** Says before the first byte what a sheet cannot hold: a file that ends in the middle would tell nobody. */
export async function refuseUnfit(tx: TenantTransaction, source: ExportSource, columns: readonly ExportColumn[]): Promise<void> {
  const counted = await tx.row<{ rows: number }>(source.countUpTo(mostSheetRows));
  if ((counted?.rows ?? 0) >= mostSheetRows) throw tooManySheetRows(mostSheetRows - 1);
  for await (const found of batchesOf(tx, source, columns, { size: batch, only: source.long })) {
    const isLong = (row: ExportedRow) => ({ valueOf }: ExportColumn): boolean => (sheetText(valueOf(row))?.length ?? 0) > longestCell;
    const [long] = found.map((row) => ({ key: row.key, column: columns.find(isLong(row)) })).filter(({ column }) => column !== undefined);
    if (long?.column !== undefined) throw cellTooLong(long.column.name, long.key, longestCell);
  }
}
