import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import type { Cell } from '../read/cell.js';
import { workbookRows } from './read-rows.js';
import { SheetWriter } from './sheet-writer.js';
import { workbookOf } from './workbook.js';

async function writtenAndRead(rows: readonly Cell[][], width: number, dayColumn: number): Promise<{ line: number; content: readonly Cell[] }[]> {
  const columns = Array.from({ length: width }, (_, at) => ({ name: `column ${at}`, isDay: at === dayColumn }));
  const [sheet, text] = [new SheetWriter(columns), new PassThrough()];
  text.end(sheet.head() + sheet.rows(rows) + sheet.tail);
  const read = [];
  for await (const row of workbookRows(workbookOf(text))) read.push(row);
  return read;
}

/** Texts that something could take for something else: formulas, escapes, markup, what XML forbids, numbers, days. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\'', '\t', '\r', '\n', ' ', '_', 'x', '0', '4', 'A', '<', '&', ']', '"', '\u0001', '\uFFFF', '\uFF1D', '𝔸') }),
  fc.constantFrom('_x0041_', '_x005F_x0041_', 'true', '007', '1e5', '2026-01-01', ']]>', '#N/A', '\uFEFFx'),
).filter((text) => text.isWellFormed() && !text.includes('\0'));
const cells: fc.Arbitrary<Cell> = fc.oneof(texts, fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)), fc.integer(), fc.boolean(), fc.constant(null));
const days = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));

describe('A workbook of ours', () => {
  it('is read as what was written: every text, number, truth value and day', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(cells, days, cells), { minLength: 1, maxLength: 20 }), async (rows) => {
      const read = await writtenAndRead(rows.map((row): Cell[] => [...row]), 3, 1);
      const unset = (cell: Cell | undefined): Cell => (cell === '' || cell === undefined ? null : cell);
      expect(read.map(({ line, content }) => [line, ...[0, 1, 2].map((at) => unset(content[at]))]))
        .toEqual([[1, 'column 0', 'column 1', 'column 2'], ...rows.map((row, at) => [at + 2, ...row.map(unset)])]);
    }), { numRuns: 60 });
  });

  it('keeps rows at their numbers where some are empty', async () => {
    expect(await writtenAndRead([['a'], [null], ['b']], 1, -1)).toEqual([
      { line: 1, content: ['column 0'] }, { line: 2, content: ['a'] }, { line: 4, content: ['b'] }]);
  });
});
