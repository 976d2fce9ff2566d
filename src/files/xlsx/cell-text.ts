/** So many UTF-16 units a cell holds at most. */
export const longestCell = 32_767;
/** Rows of a sheet, its header among them, and columns. */
export const mostSheetRows = 1_048_576;

/** What XML 1.0 cannot hold, a carriage return, which it reads as a line feed, and what would be read as an escape. */
const unsaid = /[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]|\p{Surrogate}|_(?=x[0-9A-Fa-f]{4}_)/gu;
const escaped = /_x([0-9A-Fa-f]{4})_/g;
const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** The text as the XML of a workbook has it: `_xHHHH_` for what XML has no way to say (ST_Xstring). */
export function xmlOf(text: string): string {
  return text
    .replace(unsaid, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replace(/[&<>"]/g, (mark) => marks[mark] ?? mark);
}

/** The text that `xmlOf` wrote, after XML has read it. */
export function textOfXml(text: string): string {
  return text.includes('_x') ? text.replace(escaped, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) : text;
}

/** `A` for 0, `Z` for 25, `AA` for 26. */
export function columnName(at: number): string {
  return (at >= 26 ? columnName(Math.floor(at / 26) - 1) : '') + String.fromCharCode(65 + at % 26);
}
