import { SaxesParser } from 'saxes';
import { Problem } from '#kernel';
import { workbookAtFault } from '../files.problems.js';
import { markedEncoding } from '../read/decode.js';

/** What is done with each element, by its name without a prefix. */
export interface XmlVisitor {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(name: string): void;
}

/** Of one tag or text in bytes: parsers gather it whole. */
const longestPiece = 2 * 1024 ** 2;

/** Reads XML piece by piece; after each the caller takes what the visitor has. No types of documents, so no entities of theirs. */
export async function* readXml(source: AsyncIterable<Buffer>, visitor: XmlVisitor): AsyncGenerator<undefined> {
  let piece = 0;
  const parser = new SaxesParser({ position: false, xmlns: false } as const);
  parser.on('doctype', () => { throw workbookAtFault('Its XML declares a type of document, which no workbook does.'); });
  parser.on('opentag', ({ name, attributes }) => {
    piece = 0;
    visitor.open(bare(name), attributes);
  });
  parser.on('text', (text) => { visitor.text(text); });
  parser.on('cdata', (text) => { visitor.text(text); });
  parser.on('closetag', ({ name }) => {
    piece = 0;
    visitor.close(bare(name));
  });
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  for await (const bytes of source) {
    decoder ??= new TextDecoder(markedEncoding(bytes) ?? 'utf-8', { fatal: true });
    piece += bytes.length;
    if (piece > longestPiece) throw workbookAtFault('A tag or a text of it is longer than 2 MiB.');
    const known = decoder;
    understood(() => parser.write(known.decode(bytes, { stream: true })));
    yield;
  }
  understood(() => parser.write(decoder?.decode() ?? '').close());
  yield;
}

function understood(read: () => void): void {
  try {
    read();
  } catch (error) {
    throw error instanceof Problem ? error : workbookAtFault('Its XML is at fault.');
  }
}

function bare(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
