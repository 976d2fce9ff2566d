import { OneOf, Text } from '../../http/index.js';
import { exportFormats } from '../export-formats.js';

/** What every export of rows takes. */
export class ExportQuery {
  @OneOf(exportFormats, { description: '`csv` is RFC 4180 in UTF-8, harmless in a spreadsheet; `ndjson` is exact, one JSON object a line; `xlsx` is a workbook of one sheet, with up to 1,048,575 rows and 32,767 characters a cell: what does not fit is refused before the file begins.', optional: true, example: 'csv' })
  format?: (typeof exportFormats)[number];

  @Text({
    description: 'The fields wanted, in this order, with commas between them; custom ones as `customFields.<key>`, `customFields` for all. Without it, all.',
    optional: true, max: 20_000, example: 'email',
  })
  fields?: string;

  @OneOf(['true', 'false'], { description: 'Whether a CSV begins with a byte order mark, by which spreadsheets know UTF-8. `false` where it is left out.', optional: true, example: 'false' })
  bom?: 'true' | 'false';
}
