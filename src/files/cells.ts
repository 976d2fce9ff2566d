/**
 * What a spreadsheet takes for the beginning of a formula, the full-width forms included. Apostrophes before it count too, so
 * that taking one off undoes what putting one on has done, whatever the text was.
 */
const formula = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/u;
const prefixed = /^'+[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/u;
/** A spreadsheet computes nothing where it reads a number. */
const plainNumber = /^-?\d+(\.\d+)?$/;

/** The text as a cell that no spreadsheet runs: an apostrophe stands before what would be a formula. */
export function harmlessCell(text: string): string {
  return formula.test(text) && !plainNumber.test(text) ? `'${text}` : text;
}

/** The text that `harmlessCell` made the cell of. */
export function textOfCell(cell: string): string {
  return prefixed.test(cell) && !plainNumber.test(cell.slice(1)) ? cell.slice(1) : cell;
}

/** Several texts in one cell: with semicolons between them, or as JSON where that could not be read back exactly. */
export function listCell(texts: readonly string[]): string {
  const plain = texts.every((text) => text !== '' && text === text.trim() && !/[;[]/.test(text));
  return plain ? texts.join(';') : JSON.stringify(texts);
}

/** The texts of a cell: a JSON array, or parts between separators, trimmed, the empty ones left out. */
export function textsOfCell(cell: string, separator = ';'): readonly string[] {
  if (cell.startsWith('[')) {
    const parsed = jsonOf(cell);
    if (Array.isArray(parsed) && parsed.every((text) => typeof text === 'string')) return parsed;
  }
  return cell.split(separator).map((text) => text.trim()).filter((text) => text !== '');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
