import type { Readable } from 'node:stream';
import type { ImportOptions } from '../import-options.js';
import { notInEncoding } from '../files.problems.js';

const marks: readonly [ImportOptions['encoding'], readonly number[]][] = [['utf-8', [0xEF, 0xBB, 0xBF]], ['utf-16le', [0xFF, 0xFE]], ['utf-16be', [0xFE, 0xFF]]];

/** The encoding that a byte order mark tells, or `null`. */
export function markedEncoding(bytes: Uint8Array): ImportOptions['encoding'] | null {
  return marks.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0] ?? null;
}

/**
 * The text of a file, piece by piece; a byte order mark goes before what was said. Bytes that are none of the encoding end it.
 * The source is left open: whoever answers in the middle of an upload still has a connection to answer on.
 */
export async function* decoded(source: Readable, encoding: ImportOptions['encoding']): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  try {
    for await (const bytes of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      decoder ??= new TextDecoder(markedEncoding(bytes) ?? encoding, { fatal: true });
      yield decoder.decode(bytes, { stream: true });
    }
    if (decoder !== null) yield decoder.decode();
  } catch (error) {
    throw (error as { code?: unknown } | null)?.code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? notInEncoding(decoder?.encoding ?? encoding) : error;
  }
}
