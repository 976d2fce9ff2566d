import { harmlessCell, listCell, textOfCell, textsOfCell } from './cells.js';

describe('A cell', () => {
  it.each(['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\uFF1D1', '\uFF0B1', '\uFF0D1', '\uFF201', '\'=1', '\'\'@x'])(
    'of %j begins with an apostrophe, and is read as what it was', (text) => {
      expect(harmlessCell(text)).toBe(`'${text}`);
      expect(textOfCell(harmlessCell(text))).toBe(text);
    });

  it.each(['-5', '-5.25', '12', 'Ada', '', '\'tis', 'a=b', ' =1', '\'-5'])('of %j is read as what it was', (text) => {
    expect(textOfCell(harmlessCell(text))).toBe(text);
  });

  it.each(['-5', '-5.25', '12', 'Ada', '\'tis', 'a=b'])('of %j stays as it is', (text) => {
    expect(harmlessCell(text)).toBe(text);
  });

  it.each([[['a', 'b']], [['a;b']], [[' a']], [['[x']], [['"', '=1', '']], [['a, b', 'c']]])('of the list %j is read as that list', (texts) => {
    expect(textsOfCell(listCell(texts))).toEqual(texts);
  });
});
