import { columnName, textOfXml, xmlOf } from './cell-text.js';

describe('A text of a workbook', () => {
  it.each([
    ['\r\n', '_x000D_\n'], ['\u0001\u001F\uFFFE', '_x0001__x001F__xFFFE_'], ['_x0041_', '_x005F_x0041_'], ['_x005F_x0041_', '_x005F_x005F_x005F_x0041_'],
    ['__x00aF_', '__x005F_x00aF_'], ['<a & "b">', '&lt;a &amp; &quot;b&quot;&gt;'], ['_x41_ 𝔸\ttab', '_x41_ 𝔸\ttab'], ['\uD800', '_xD800_'],
  ])('%j is written %j, and read as what it was', (text, xml) => {
    expect(xmlOf(text)).toBe(xml);
    expect(textOfXml(xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'))).toBe(text);
  });
});

describe('The columns of a sheet', () => {
  it('are named as spreadsheets name them', () => {
    expect([0, 25, 26, 51, 52, 701, 702, 16_383].map(columnName)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA', 'XFD']);
  });
});
