import { harmlessCell, listCell } from '../cells.js';
import type { ExportColumn } from '../export-columns.js';
import { columnName, longestCell, xmlOf } from './cell-text.js';
import { serialOfDay } from './day-cell.js';
import { forms, sheet } from './workbook.js';

/** The text of a value in a cell; `null` of one that is none: unset, empty, a number, true or false. */
export function sheetText(value: unknown): string | null {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return null;
  if (typeof value === 'string') return value === '' ? null : value;
  if (Array.isArray(value)) return value.length === 0 ? null : listCell(value as string[]);
  return JSON.stringify(value);
}

/** The XML of a sheet, row by row. Texts are texts and never formulas, numbers are numbers, days are days. */
export class SheetWriter {
  readonly tail = sheet.tail;
  readonly #names: readonly string[];
  #rows = 0;

  constructor(private readonly columns: readonly Pick<ExportColumn, 'name' | 'isDay'>[]) {
    this.#names = columns.map((_, at) => columnName(at));
  }

  head(): string {
    return sheet.head + this.row((place, at) => textCell(place, this.columns[at]?.name ?? '', forms.head));
  }

  /** Of each row a value for each column. */
  rows(rows: readonly (readonly unknown[])[]): string {
    return rows.map((values) => this.row((place, at) => cellOf(place, values[at], this.columns[at]?.isDay === true))).join('');
  }

  private row(cell: (place: string, at: number) => string): string {
    this.#rows += 1;
    return `<row r="${this.#rows}">${this.#names.map((name, at) => cell(`${name}${this.#rows}`, at)).join('')}</row>`;
  }
}

function cellOf(place: string, value: unknown, isDay: boolean): string {
  if (typeof value === 'number') return `<c r="${place}"><v>${value}</v></c>`;
  if (typeof value === 'boolean') return `<c r="${place}" t="b"><v>${value ? 1 : 0}</v></c>`;
  const text = sheetText(value);
  if (text === null) return '';
  const serial = isDay ? serialOfDay(text) : null;
  if (serial !== null) return `<c r="${place}" s="${forms.day}"><v>${serial}</v></c>`;
  return textCell(place, text, harmlessCell(text) === text ? forms.plain : forms.text);
}

/** A longer text was refused before; written, it would be cut off by whoever opens the file. */
function textCell(place: string, text: string, form: number): string {
  if (text.length > longestCell) throw new Error('a text is longer than a cell');
  return `<c r="${place}"${form === forms.plain ? '' : ` s="${form}"`} t="inlineStr"><is><t xml:space="preserve">${xmlOf(text)}</t></is></c>`;
}
