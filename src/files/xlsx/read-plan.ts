import { workbookAtFault } from '../files.problems.js';
import { type CellForm, formOf } from './day-cell.js';
import type { Parts } from './parts.js';
import { readXml } from './xml.js';

/** What there is to know of a workbook before its rows are read. */
export interface Plan {
  /** The part of the first sheet that is not hidden. */
  readonly sheet: string;
  readonly texts: string | null;
  readonly from1904: boolean;
  /** By the number that a cell names its style with. */
  readonly forms: readonly CellForm[];
}

type Attributes = Readonly<Record<string, string>>;

/** These parts are held in memory. */
const mostBytes = 16 * 1024 ** 2;
const mostStyles = 65_536;

export async function readPlan(parts: Parts): Promise<Plan> {
  const workbook = (await relationsOf(parts, '')).find(({ kind }) => kind === 'officeDocument')?.part ?? 'xl/workbook.xml';
  if (!parts.has(workbook) || workbook.endsWith('.bin')) throw workbookAtFault('It is no workbook (.xlsx).');
  const relations = await relationsOf(parts, workbook);
  const sheets = new Map(relations.filter(({ kind }) => kind === 'worksheet').map(({ id, part }) => [id, part]));
  let [sheet, from1904]: [string | undefined, boolean] = [undefined, false];
  await each(parts, workbook, (name, attributes) => {
    if (name === 'workbookPr') from1904 = isTrue(attributes['date1904']);
    if (name === 'sheet' && (attributes['state'] ?? 'visible') === 'visible') sheet ??= sheets.get(relationOf(attributes) ?? '');
  });
  if (sheet === undefined) throw workbookAtFault('It has no sheet of cells that is not hidden.');
  const partOf = (kind: string): string | null => relations.find((one) => one.kind === kind && parts.has(one.part))?.part ?? null;
  const styles = partOf('styles');
  return { sheet, texts: partOf('sharedStrings'), from1904, forms: styles === null ? [] : await formsOf(parts, styles) };
}

async function formsOf(parts: Parts, styles: string): Promise<CellForm[]> {
  const codes = new Map<number, string>();
  const ids: number[] = [];
  let inCells = false;
  await each(parts, styles, (name, attributes) => {
    if (name === 'numFmt' && codes.size < mostStyles) codes.set(Number(attributes['numFmtId']), (attributes['formatCode'] ?? '').slice(0, 1000));
    if (name === 'xf' && inCells && ids.length < mostStyles) ids.push(Number(attributes['numFmtId'] ?? 0));
    if (name.startsWith('cell')) inCells = name === 'cellXfs';
  });
  return ids.map((id) => formOf(id, codes.get(id)));
}

/** What a part refers to, by the last word of each relation's type. */
async function relationsOf(parts: Parts, part: string): Promise<{ id: string; kind: string; part: string }[]> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const rels = `${folder}_rels/${part.slice(folder.length)}.rels`;
  const relations: { id: string; kind: string; part: string }[] = [];
  if (!parts.has(rels)) return relations;
  await each(parts, rels, (name, { Id: id = '', Type: type = '', Target: target = '', TargetMode: mode }) => {
    if (name !== 'Relationship' || mode === 'External') return;
    const path = URL.canParse(target, `zip:/${folder}`) ? new URL(target, `zip:/${folder}`).pathname.slice(1) : '';
    relations.push({ id, kind: type.slice(type.lastIndexOf('/') + 1), part: path });
  });
  return relations;
}

async function each(parts: Parts, part: string, see: (name: string, attributes: Attributes) => void): Promise<void> {
  for await (const _ of readXml(parts.bytes(part, mostBytes), { open: see, text: () => undefined, close: () => undefined }));
}

function relationOf(attributes: Attributes): string | undefined {
  return Object.entries(attributes).find(([name]) => name.endsWith(':id'))?.[1];
}

function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'true';
}
