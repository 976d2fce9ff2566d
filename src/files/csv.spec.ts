import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { textOfCell } from './cells.js';
import { csvText } from './csv.js';

const signs = fc.string({ unit: fc.constantFrom('"', ',', ';', '|', '\t', ' ', '\r', '\n', '=', '-', '\'', 'a', '1', '\u00A0', 'é') });

describe('A CSV', () => {
  it.each([',', ';', '\t', '|', ' '])('with %j between its cells is read as what was written', (delimiter) => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3 }).chain((width) => fc.array(fc.array(signs, { minLength: width, maxLength: width }), { minLength: 1 })), (rows) => {
      const read = parse(csvText(rows, delimiter), { delimiter, record_delimiter: '\r\n' });
      expect(read.map((row) => row.map(textOfCell))).toEqual(rows);
    }));
  });

  it('has numbers and truth values as they are, lists in one cell, and nothing for what is unset', () => {
    expect(csvText([[-1.5, true, null, undefined, [], ['a', 'b'], { a: 1 }, '']])).toBe('-1.5,true,,,,"a;b","{""a"":1}",\r\n');
  });
});
