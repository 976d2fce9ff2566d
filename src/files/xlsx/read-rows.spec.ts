import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { sheetFile, workbookFile } from '../../../test/support/workbook.js';
import { workbookRows } from './read-rows.js';

async function rowsOf(file: Uint8Array): Promise<[number, ...unknown[]][]> {
  const rows: [number, ...unknown[]][] = [];
  for await (const { line, content } of workbookRows(Readable.from([file]))) rows.push([line, ...content]);
  return rows;
}

async function refusal(file: Uint8Array): Promise<{ status: number; message: string }> {
  try {
    await rowsOf(file);
  } catch (error) {
    const { status, detail } = error as { status: number; detail: string };
    return { status, message: detail };
  }
  return { status: 200, message: '' };
}

/** One whose table says that it has so many. */
async function ofParts(many: number): Promise<Uint8Array> {
  const file = await sheetFile('<row/>');
  const end = file.lastIndexOf('PK\u0005\u0006');
  file.writeUInt16LE(many, end + 8);
  file.writeUInt16LE(many, end + 10);
  return file;
}

const cell = '<c r="A1"><v>1</v></c>';

describe('A workbook', () => {
  it('gives texts that are shared, of several fonts, inline, of formulas and escaped', async () => {
    const rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t> in </t><r><t>line</t></r></is></c><c r="D1" t="str"><f>A1</f><v>_x000D_x</v></c></row>';
    const texts = '<sst><si><t>plain &amp; &#x41;</t></si><si><r><rPr><b/></rPr><t>東</t></r><r><t>京</t></r><rPh sb="0" eb="1"><t>とう</t></rPh></si></sst>';
    expect(await rowsOf(await sheetFile(rows, { 'xl/sharedStrings.xml': texts }))).toEqual([[1, 'plain & A', '東京', ' in line', '\rx']]);
  });

  it('gives numbers as they are written, truth values, and days and moments by the form of their cells', async () => {
    const rows = '<row r="1"><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c><v>-1.5E-3</v></c><c s="1"><v>46387</v></c><c s="2"><v>46387.5</v></c><c s="3"><v>46387</v></c><c t="d"><v>2026-12-31</v></c></row>';
    const styles = '<styleSheet><numFmts><numFmt numFmtId="200" formatCode="dd.mm.yyyy hh:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="200"/><xf numFmtId="4"/></cellXfs></styleSheet>';
    expect(await rowsOf(await sheetFile(rows, { 'xl/styles.xml': styles }))).toEqual([[1, true, false, -0.0015, '2026-12-31', '2026-12-31T12:00:00.000', 46_387, '2026-12-31']]);
    const from1904 = '<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="One" r:id="r1"/></sheets></workbook>';
    expect(await rowsOf(await sheetFile('<row><c s="1"><v>44925</v></c></row>', { 'xl/styles.xml': styles, 'xl/workbook.xml': from1904 }))).toEqual([[1, '2026-12-31']]);
  });

  it('keeps the numbers of rows and the places of cells, and tells an error of a formula from a text', async () => {
    const rows = '<row r="2"><c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="AA2"><v>7</v></c></row><row r="4"/><row r="9"><c r="A9" t="inlineStr"><is><t></t></is></c><c r="B9"><v>8</v></c></row>';
    expect(await rowsOf(await sheetFile(rows))).toEqual([[2, null, null, { error: '#DIV/0!' }, ...Array.from({ length: 23 }, () => null), 7], [9, null, 8]]);
  });

  it('of prefixed names, in UTF-16, is read as any other', async () => {
    const sheet = Buffer.from('\uFEFF<?xml version="1.0" encoding="UTF-16"?><x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>', 'utf16le');
    expect(await rowsOf(await workbookFile({ 'xl/worksheets/sheet1.xml': sheet }))).toEqual([[1, 5]]);
  });

  it('is read by its first sheet that is not hidden', async () => {
    const kind = 'http://x/worksheet';
    const file = await workbookFile({
      'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="a" state="hidden" r:id="r1"/><sheet name="b" r:id="r2"/><sheet name="c" r:id="r1"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="r1" Type="${kind}" Target="worksheets/a.xml"/><Relationship Id="r2" Type="${kind}" Target="worksheets/b.xml"/></Relationships>`,
      'xl/worksheets/a.xml': `<worksheet><sheetData><row>${cell}</row></sheetData></worksheet>`, 'xl/worksheets/b.xml': '<worksheet><sheetData><row><c><v>2</v></c></row></sheetData></worksheet>',
    });
    expect(await rowsOf(file)).toEqual([[1, 2]]);
  });

  it.each<[string, () => Promise<Uint8Array>, string]>([
    ['is none', async () => Promise.resolve(Buffer.from('email\nada@example.com\n')), 'no workbook'],
    ['is empty', async () => Promise.resolve(Buffer.alloc(0)), 'no workbook'],
    ['has a password', async () => Promise.resolve(Buffer.from([0xD0, 0xCF, 0x11, 0xE0, 0xA1])), 'password'],
    ['is cut off', async () => (await sheetFile('<row/>')).subarray(0, 300), 'damaged'],
    ['is a zip of something else', async () => await workbookFile({ '_rels/.rels': null, 'xl/workbook.xml': null, 'a.txt': 'a' }), 'no workbook'],
    ['lacks its sheet', async () => await workbookFile({}), 'missing'],
    ['has XML that ends early', async () => await workbookFile({ 'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row>${cell}</row>` }), 'XML is at fault'],
    ['has entities of its own', async () => await workbookFile({ 'xl/worksheets/sheet1.xml': '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>' }), 'type of document'],
    ['has entities of nobody', async () => await sheetFile('<row><c t="inlineStr"><is><t>&a;</t></is></c></row>'), 'XML is at fault'],
    ['has a part twice', async () => await sheetFile('<row/>', { 'XL/workbook.xml': '<workbook/>' }), 'two parts'],
    ['has 10,001 parts', async () => await ofParts(10_001), '10,000 parts'],
    ['unpacks to a thousand times its size', async () => await sheetFile('<b></b>'.repeat(3_000_000)), 'far larger'],
    ['has an endless tag', async () => await sheetFile(`<row r="${'1'.repeat(3 * 1024 ** 2)}"/>`), 'longer than 2 MiB'],
    ['has a cell in the last column', async () => await sheetFile('<row r="3"><c r="XFD3"><v>1</v></c></row>'), 'Line 3: A file has at most 1000 columns'],
    ['has rows that go back', async () => await sheetFile(`<row r="3">${cell}</row><row r="2">${cell}</row>`), 'order'],
    ['has a row that no sheet has', async () => await sheetFile('<row r="1048577"/>'), 'order'],
    ['has cells that go back', async () => await sheetFile('<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'), 'order'],
    ['has a cell that is too long', async () => await sheetFile(`<row r="5"><c t="inlineStr"><is><t>${'x'.repeat(32_768)}</t></is></c></row>`), 'Line 5: A cell has at most 32,767'],
    ['names a text that is not there', async () => await sheetFile('<row><c t="s"><v>7</v></c></row>'), 'does not have'],
    ['names a long text a hundred times in a row', async () => await sheetFile(`<row>${'<c t="s"><v>0</v></c>'.repeat(100)}</row>`, { 'xl/sharedStrings.xml': `<sst><si><t>${'x'.repeat(32_000)}</t></si></sst>` }), 'at most 1 MiB'],
  ])('that %s is refused with a reason', async (_, make, reason) => {
    expect(await refusal(await make())).toEqual({ status: 422, message: expect.stringContaining(reason) });
  });

  it('whose header lies about its size is refused when it has been counted', async () => {
    const file = await sheetFile(`<row>${cell}</row>${' '.repeat(100_000)}`);
    // The sizes stand in the table at the end, behind each name's place: the sheet's says 10 bytes.
    const at = file.lastIndexOf('PK\u0001\u0002');
    file.writeUInt32LE(10, at + 24);
    expect(await refusal(file)).toMatchObject({ status: 422 });
  });

  it('leaves no file behind', async () => {
    const ours = async (): Promise<string[]> => (await readdir(tmpdir())).filter((name) => name.startsWith('contact-segments-') && /-[0-9a-f]{12}$/.test(name));
    const before = await ours();
    const rows = workbookRows(Readable.from([await sheetFile(`<row>${cell}</row>`)]));
    await rows.next();
    expect(await ours()).toEqual(before);
    await rows.return(undefined);
  });
});
