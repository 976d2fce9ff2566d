import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { Problem } from '#kernel';
import { fileTooLarge, workbookAtFault } from '../files.problems.js';

/** Of the file itself: ten times what a million rows of contacts need. */
const largestFile = 256 * 1024 ** 2;
const mostParts = 10_000;
/** Of what is read of it unpacked, counted while it is, since headers lie. */
const mostUnpacked = 4 * 1024 ** 3;
/** Of a part, unpacked and packed: sheets of equal rows reach 50. A small part may be anything. */
const [mostRatio, smallPart] = [250, 16 * 1024 ** 2];
/** What the beginning of a file tells: zip, or the container of old and of encrypted workbooks. */
const [zipMark, oldMark] = [Buffer.from('PK'), Buffer.from([0xD0, 0xCF, 0x11, 0xE0])];

/**
 * The parts of a workbook, found by name whatever their order: the table of a zip is its end, so that the file is put
 * aside first, where nobody else finds it and nothing is left of it when the process dies.
 */
export class Parts {
  #unpacked = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  static async of(upload: Readable): Promise<Parts> {
    const path = join(tmpdir(), `contact-segments-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
      await putAside(upload, file);
      const zip = await fromFdPromise(file.fd, { autoClose: false, lazyEntries: true }).catch(notAWorkbook);
      if (zip.entryCount > mostParts) throw workbookAtFault(`It has more than ${mostParts.toLocaleString('en-US')} parts.`);
      return new Parts(file, zip, await entriesOf(zip));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.entries.has(name.toLowerCase());
  }

  /** The bytes of a part as they are unpacked; `most` is a further limit for one that is held in memory. */
  async* bytes(name: string, most = mostUnpacked): AsyncGenerator<Buffer> {
    const entry = this.entries.get(name.toLowerCase());
    if (entry === undefined) throw workbookAtFault(`Its part ${JSON.stringify(name.slice(0, 80))} is missing.`);
    let unpacked = 0;
    try {
      for await (const bytes of await this.zip.openReadStreamPromise(entry) as AsyncIterable<Buffer>) {
        unpacked += bytes.length;
        this.#unpacked += bytes.length;
        const bomb = unpacked > smallPart && unpacked > entry.compressedSize * mostRatio;
        if (bomb || unpacked > most || this.#unpacked > mostUnpacked) throw workbookAtFault('Unpacked, it is far larger than a workbook is.');
        yield bytes;
      }
    } catch (error) {
      notAWorkbook(error);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

async function putAside(upload: Readable, file: FileHandle): Promise<void> {
  let length = 0;
  for await (const bytes of upload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (length === 0 && bytes.subarray(0, 4).equals(oldMark)) throw workbookAtFault('It is protected by a password, or of the kind before 2007 (.xls); save it as .xlsx without one.');
    if (length === 0 && !bytes.subarray(0, 2).equals(zipMark)) notAWorkbook(null);
    length += bytes.length;
    if (length > largestFile) throw fileTooLarge(largestFile);
    await file.write(bytes);
  }
  if (length === 0) notAWorkbook(null);
}

async function entriesOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.toLowerCase();
      if (entries.has(name)) throw workbookAtFault(`It has two parts ${JSON.stringify(entry.fileName.slice(0, 80))}.`);
      entries.set(name, entry);
    }
  } catch (error) {
    notAWorkbook(error);
  }
  return entries;
}

/** Whatever the reader of zips complains of is the file's fault, but not what the system complains of. */
function notAWorkbook(error: unknown): never {
  throw error instanceof Problem || (error instanceof Error && 'syscall' in error) ? error : workbookAtFault('It is no workbook (.xlsx), or a damaged one.');
}
