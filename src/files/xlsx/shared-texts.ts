import { workbookAtFault } from '../files.problems.js';

const blockLength = 1024 ** 2;
/** Of all texts in bytes, their places included: the only thing of a workbook that is held in memory. */
const most = 128 * 1024 ** 2;
const placeLength = 16;

/** The texts that a workbook keeps once and its cells name by number: as bytes in blocks, half of what strings would take. */
export class SharedTexts {
  readonly #blocks: Buffer[] = [];
  readonly #places: number[] = [];
  readonly #lengths: number[] = [];
  #end = 0;
  #held = 0;

  add(text: string): void {
    if (!text.isWellFormed()) throw workbookAtFault('A text of it has half of a character (an unpaired surrogate).');
    const length = Buffer.byteLength(text);
    this.#held += length + placeLength;
    if (this.#held > most) throw workbookAtFault('Its texts are more than 128 MiB; send it as CSV, which is read in any length.');
    if (this.#end + length > this.#blocks.length * blockLength) {
      this.#end = this.#blocks.length * blockLength;
      this.#blocks.push(Buffer.allocUnsafe(blockLength));
    }
    this.#places.push(this.#end);
    this.#lengths.push(this.#blocks.at(-1)?.write(text, this.#end % blockLength) ?? 0);
    this.#end += length;
  }

  /** `undefined` where there is none of this number. */
  at(index: number): string | undefined {
    const [place, length = 0] = [this.#places[index], this.#lengths[index]];
    if (place === undefined) return undefined;
    const start = place % blockLength;
    return this.#blocks[Math.floor(place / blockLength)]?.toString('utf8', start, start + length);
  }
}
