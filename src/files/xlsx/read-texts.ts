import type { Problem } from '#kernel';
import { workbookAtFault } from '../files.problems.js';
import { longestCell, textOfXml } from './cell-text.js';
import { SharedTexts } from './shared-texts.js';
import { readXml, type XmlVisitor } from './xml.js';

/** No spreadsheet writes such a cell. */
export const cellTooLarge = `A cell has at most ${longestCell.toLocaleString('en-US')} characters.`;

/** Gathers the text of a cell, plain or of runs with fonts of their own; how it is pronounced (`rPh`) is no part of it. */
export class TextGatherer {
  #text = '';
  #gathers = false;
  #pronounced = 0;

  /** What a text that is too long is refused with. */
  constructor(private readonly fault: (message: string) => Problem) {}

  open(name: string): void {
    if (name === 'rPh') this.#pronounced += 1;
    if (name === 't' && this.#pronounced === 0) this.#gathers = true;
  }

  text(text: string): void {
    if (this.#gathers) this.#text += text;
  }

  close(name: string): void {
    if (name === 'rPh') this.#pronounced -= 1;
    if (name === 't') this.#gathers = false;
  }

  /** What was gathered since the last call. */
  taken(): string {
    const text = textOfXml(this.#text);
    this.#text = '';
    if (text.length > longestCell) throw this.fault(cellTooLarge);
    return text;
  }
}

class TextsVisitor implements XmlVisitor {
  readonly texts = new SharedTexts();
  readonly #gatherer = new TextGatherer(workbookAtFault);

  open(name: string): void {
    this.#gatherer.open(name);
  }

  text(text: string): void {
    this.#gatherer.text(text);
  }

  close(name: string): void {
    this.#gatherer.close(name);
    if (name === 'si') this.texts.add(this.#gatherer.taken());
  }
}

export async function readTexts(xml: AsyncIterable<Buffer>): Promise<SharedTexts> {
  const visitor = new TextsVisitor();
  for await (const _ of readXml(xml, visitor));
  return visitor.texts;
}
