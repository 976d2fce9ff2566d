import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { textOfCell } from './cells.js';
import { csvLines, csvText } from './csv.js';
import { ExportedRow } from './exported-batch.js';

const signs = fc.string({ unit: fc.constantFrom('"', ',', ';', '|', '\t', ' ', '\r', '\n', '=', '-', '\'', 'a', '1', '\u00A0', 'é') });

describe('A CSV', () => {
  it.each([',', ';', '\t', '|', ' '])('with %j between its cells is read as what was written', (delimiter) => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3 }).chain((width) => fc.array(fc.array(signs, { minLength: width, maxLength: width }), { minLength: 1 })), (rows) => {
      const read = parse(csvText(rows, delimiter), { delimiter, record_delimiter: '\r\n' });
      expect(read.map((row) => row.map(textOfCell))).toEqual(rows);
    }));
  });

  it('has a row of an export as it has the same row of values, whatever needs care in it', () => {
    const texts = fc.array(fc.option(fc.oneof(signs, fc.constantFrom('France', '＝1', '\uFEFFa', 'a b', '+1', '-1', '\'a', '\u2003'))), { minLength: 1, maxLength: 3 });
    fc.assert(fc.property(texts, (row) => {
      const columns = row.map((_, at) => ({ shownAt: at, valueOf: ({ texts: of }: ExportedRow) => of[at] }));
      const marks = { row: '\u001E', unset: '\u001A+=' };
      for (const cell of ['\u001F', '\u001F+']) {
        const joined = ['key', ...row.map((text) => text ?? marks.unset)].join(cell);
        expect(csvLines(columns)(new ExportedRow(joined, { ...marks, cell }))).toBe(csvText([row]));
      }
    }), { numRuns: 2000 });
  });

  it('has numbers and truth values as they are, lists in one cell, and nothing for what is unset', () => {
    expect(csvText([[-1.5, true, null, undefined, [], ['a', 'b'], { a: 1 }, '']])).toBe('-1.5,true,,,,"a;b","{""a"":1}",\r\n');
  });
});
