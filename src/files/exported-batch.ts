/**
 * What stands between two rows, between two cells of one, and for a value that is unset. The last nobody who wrote a value could know; of
 * the others a character will do, until some text has it: then there are more of them than rows and cells, and the batch is read once more with what nobody could know.
 */
export interface Marks { readonly row: string; readonly cell: string; readonly unset: string }

/** For nearly all batches. */
export const simple = { row: '\u001E', cell: '\u001F' } as const;

/** A row of a batch, cut apart when somebody asks for its values: to most lines of a CSV that is all there is to do. */
export class ExportedRow {
  #texts: (string | null)[] | null = null;

  constructor(
    private readonly joined: string,
    private readonly marks: Marks,
  ) {}

  get key(): string {
    return this.joined.slice(0, this.keyEnd);
  }

  /** Its texts in the order in which they were read; null where a value is unset. */
  get texts(): readonly (string | null)[] {
    return this.#texts ??= this.cut();
  }

  /** All texts as one, with U+001F between two and nothing for one that is unset; null where some text has one. */
  get line(): string | null {
    return this.marks.cell === simple.cell ? this.joined.slice(this.keyEnd + 1).replaceAll(this.marks.unset, '') : null;
  }

  private get keyEnd(): number {
    const end = this.joined.indexOf(this.marks.cell);
    return end === -1 ? this.joined.length : end;
  }

  private cut(): (string | null)[] {
    const { cell, unset } = this.marks;
    const texts: (string | null)[] = this.joined.slice(this.keyEnd + cell.length).split(cell);
    for (let at = 0; at < texts.length; at += 1) if (texts[at] === unset) texts[at] = null;
    return texts;
  }
}

/** Rows of a source, as the one text as which they came. */
export class ExportedBatch {
  constructor(
    readonly rows: number,
    private readonly lines: string,
    private readonly marks: Marks,
  ) {}

  /** Behind which the next rows are; there is one where there are rows. */
  get lastKey(): string {
    const { row, cell } = this.marks;
    const start = this.lines.lastIndexOf(row);
    return this.lines.slice(start === -1 ? 0 : start + row.length).split(cell, 1)[0]!;
  }

  /** Whether it has as many marks as there are between its rows, and between so many cells of each: no text has one. */
  isCutBy(cells: number): boolean {
    const { row, cell } = this.marks;
    return this.rows === 0 || (occurrences(this.lines, row) === this.rows - 1 && occurrences(this.lines, cell) === this.rows * (cells - 1));
  }

  /** What becomes of each row, one after the other: of a thousand rows few texts are in memory at once. */
  map<T>(become: (row: ExportedRow) => T): T[] {
    const became: T[] = [];
    for (let at = 0, start = 0; at < this.rows; at += 1) {
      const end = at === this.rows - 1 ? this.lines.length : this.lines.indexOf(this.marks.row, start);
      became.push(become(new ExportedRow(this.lines.slice(start, end), this.marks)));
      start = end + this.marks.row.length;
    }
    return became;
  }
}

function occurrences(text: string, mark: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) count += 1;
  return count;
}
