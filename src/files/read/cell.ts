import { textOfCell } from '../cells.js';
import type { ImportFormat } from '../import-options.js';

/** What a spreadsheet's cell holds instead of a value: `#N/A`, `#REF!`, …. */
export interface CellError {
  readonly error: string;
}

/** A value of a row of cells: always a text in a CSV, and typed in a workbook, where an empty cell is `null`. */
export type Cell = string | number | boolean | CellError | null;

/** The cell as a text; an empty one where it holds nothing. */
export function textOfValue(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'object' ? cell.error : String(cell);
}

/** The text that was meant: of a CSV without the apostrophe before a formula; in a workbook stands the text itself. */
export function textOfSent(cell: Cell | undefined, format: ImportFormat): string {
  return format === 'xlsx' ? textOfValue(cell) : textOfCell(textOfValue(cell));
}
