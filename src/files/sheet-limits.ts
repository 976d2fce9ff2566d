import type { TenantTransaction } from '#database';
import type { ExportColumn } from './export-columns.js';
import type { ExportSource } from './export-source.js';
import { cellTooLong, tooManySheetRows } from './files.problems.js';
import { longestCell, mostSheetRows } from './xlsx/cell-text.js';
import { sheetText } from './xlsx/sheet-writer.js';

/** Such rows may have a megabyte each. */
const batch = 20;

/** Says before the first byte what a sheet cannot hold: a file that ends in the middle would tell nobody. */
export async function refuseUnfit<Row extends { id: string }>(tx: TenantTransaction, source: ExportSource<Row>, columns: readonly ExportColumn[]): Promise<void> {
  const counted = await tx.row<{ rows: number }>(source.countUpTo(mostSheetRows));
  if ((counted?.rows ?? 0) >= mostSheetRows) throw tooManySheetRows(mostSheetRows - 1);
  for (let after: string | null = null; ;) {
    const rows: Row[] = await tx.rows<Row>(source.next(after, batch, source.long));
    for (const row of rows) {
      const shown = source.show(row);
      const long = columns.find(({ valueOf }) => (sheetText(valueOf(shown))?.length ?? 0) > longestCell);
      if (long !== undefined) throw cellTooLong(long.name, row.id, longestCell);
    }
    after = rows.at(-1)?.id ?? null;
    if (rows.length < batch) break;
  }
}
