import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const plain: Readonly<Record<string, string>> = {
  '_rels/.rels': `<Relationships><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/>`
    + `<Relationship Id="r2" Type="${office}/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="r3" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
};

/** A workbook of these parts, and of those that every workbook has; `null` leaves one of them out. */
export async function workbookFile(parts: Readonly<Record<string, string | Buffer | null>>): Promise<Buffer<ArrayBuffer>> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries({ ...plain, ...parts })) {
    if (content !== null) zip.addBuffer(Buffer.from(content), name);
  }
  zip.end();
  return Buffer.from(await buffer(zip.outputStream));
}

/** One of a single sheet of these rows, as XML has them. */
export async function sheetFile(rows: string, parts: Readonly<Record<string, string | Buffer | null>> = {}): Promise<Buffer<ArrayBuffer>> {
  return await workbookFile({ 'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`, ...parts });
}
