import type { Readable } from 'node:stream';
import { fileAtFault, workbookAtFault } from '../files.problems.js';
import type { Cell } from '../read/cell.js';
import { longestRow, mostColumns, type SentRow } from '../read/rows.js';
import { longestCell, mostSheetRows, textOfXml } from './cell-text.js';
import { dateOfSerial } from './day-cell.js';
import { Parts } from './parts.js';
import { type Plan, readPlan } from './read-plan.js';
import { cellTooLarge, readTexts, TextGatherer } from './read-texts.js';
import { SharedTexts } from './shared-texts.js';
import { readXml, type XmlVisitor } from './xml.js';

/** Of all rows, in characters: a text that is kept once may be named by a million cells. */
const longestSheet = 2 * 1024 ** 3;

/** The rows of a workbook's first sheet that hold anything, by their numbers. */
export async function* workbookRows(upload: Readable): AsyncGenerator<SentRow & { content: readonly Cell[] }> {
  const parts = await Parts.of(upload);
  try {
    const plan = await readPlan(parts);
    const sheet = new SheetVisitor(plan, plan.texts === null ? new SharedTexts() : await readTexts(parts.bytes(plan.texts)));
    for await (const _ of readXml(parts.bytes(plan.sheet), sheet)) {
      yield* sheet.taken();
      if (sheet.ended) return;
    }
  } finally {
    await parts.close();
  }
}

class SheetVisitor implements XmlVisitor {
  ended = false;
  #rows: (SentRow & { content: Cell[] })[] = [];
  #inData = false;
  #line = 0;
  #cells: Cell[] = [];
  #length = 0;
  #total = 0;
  #column = 0;
  #type = 'n';
  #style = 0;
  #value = '';
  #inValue = false;
  readonly #inline = new TextGatherer((message) => fileAtFault(this.#line, message));

  constructor(private readonly plan: Plan, private readonly texts: SharedTexts) {}

  /** The rows that have come since the last call. */
  taken(): (SentRow & { content: Cell[] })[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (!this.#inData) {
      this.#inData = name === 'sheetData';
      return;
    }
    this.#inline.open(name);
    if (name === 'row') this.beginRow(attributes['r']);
    else if (name === 'c') this.beginCell(attributes);
    else if (name === 'v') this.#inValue = true;
  }

  text(text: string): void {
    if (this.#inValue) this.#value += text;
    else this.#inline.text(text);
  }

  close(name: string): void {
    if (!this.#inData) return;
    this.#inline.close(name);
    if (name === 'v') this.#inValue = false;
    else if (name === 'c') this.endCell();
    else if (name === 'row') this.endRow();
    else if (name === 'sheetData') [this.#inData, this.ended] = [false, true];
  }

  private beginRow(number: string | undefined): void {
    const line = number === undefined ? this.#line + 1 : Number(number);
    if (!Number.isInteger(line) || line <= this.#line || line > mostSheetRows) throw workbookAtFault('The rows of its sheet are not in their order.');
    [this.#line, this.#cells, this.#length, this.#column] = [line, [], 0, 0];
  }

  /** A cell that does not say its place follows the one before. */
  private beginCell({ r: place, t: type = 'n', s: style = '0' }: Readonly<Record<string, string>>): void {
    this.#column = place === undefined ? this.#column + 1 : columnOf(place);
    [this.#type, this.#style, this.#value] = [type, Number(style), ''];
  }

  private endCell(): void {
    const cell = this.cell();
    if (cell === null || cell === '') return;
    if (this.#column > mostColumns) throw fileAtFault(this.#line, `A file has at most ${mostColumns} columns.`);
    if (this.#column <= this.#cells.length) throw fileAtFault(this.#line, 'Its cells are not in their order.');
    while (this.#cells.length < this.#column - 1) this.#cells.push(null);
    this.#cells.push(cell);
    this.#length += typeof cell === 'string' ? cell.length : 1;
    if (this.#length > longestRow) throw fileAtFault(this.#line, 'A row has at most 1 MiB.');
  }

  private endRow(): void {
    if (this.#cells.length === 0) return;
    this.#total += this.#length + this.#cells.length;
    if (this.#total > longestSheet) throw workbookAtFault('Its rows are more than 2 GiB; send them as CSV, which is read in any length.');
    this.#rows.push({ line: this.#line, content: this.#cells });
    this.#cells = [];
  }

  private cell(): Cell {
    const inline = this.#inline.taken();
    if (this.#type === 'inlineStr') return inline;
    if (this.#value === '') return null;
    if (this.#value.length > longestCell) throw fileAtFault(this.#line, cellTooLarge);
    switch (this.#type) {
      case 's': {
        const text = this.texts.at(Number(this.#value));
        if (text === undefined) throw fileAtFault(this.#line, 'A cell names a text that the workbook does not have.');
        return text;
      }
      case 'b': return this.#value === '1' || this.#value === 'true';
      case 'e': return { error: this.#value.slice(0, 100) };
      case 'n': return this.number();
      // `str` is what a formula gave, `d` a date as ISO 8601 writes it.
      default: return textOfXml(this.#value);
    }
  }

  private number(): Cell {
    const number = Number(this.#value);
    return Number.isFinite(number) ? dateOfSerial(number, this.plan.forms[this.#style] ?? 'number', this.plan.from1904) : this.#value;
  }
}

/** 1 for `A7`, 27 for `AA7`. */
function columnOf(place: string): number {
  let column = 0;
  for (let at = 0; at < place.length && at < 4; at += 1) {
    const letter = place.charCodeAt(at) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  if (column === 0) throw workbookAtFault('A cell of it has no place.');
  return column;
}
