import type { CellKind } from '../mapping.js';
import { type Cell, textOfValue } from '../read/cell.js';
import { booleanOf, dayOf, momentOf, numberOf } from '../read/values.js';
import { truthWords } from './synonyms.js';

/** Forms as a mapping has them, in the words of the API. */
export type SaidForms = Readonly<Record<string, unknown>>;

/** How well cells can be read as a kind of value, in which forms, and what only a person can say. */
export interface ReadAs {
  /** The share of cells that can be read. */
  readonly fits: number;
  readonly forms: SaidForms;
  readonly question: string | null;
}

type Texts = readonly string[];
const orders = ['iso', 'ymd', 'dmy', 'mdy'] as const;
type Order = (typeof orders)[number];

/** How the cells that hold something are read as values of a kind. */
export function readAs(kind: CellKind, cells: readonly Cell[]): ReadAs {
  const texts = cells.filter((cell) => kind !== 'number' || typeof cell !== 'number').map((cell) => textOfValue(cell).trim()).filter((text) => text !== '');
  return texts.length === 0 ? { fits: 1, forms: {}, question: null } : readers[kind](texts);
}

const readers: Readonly<Record<CellKind, (texts: Texts) => ReadAs>> = {
  text: () => ({ fits: 1, forms: {}, question: null }),
  number: numbers,
  boolean: truths,
  date: (texts) => ordered(texts, (text, order) => dayOf(text, order)),
  datetime: (texts) => {
    const read = ordered(texts, (text, order) => momentOf(text, order, 'UTC'));
    const needsZone = read.question === null && texts.some((text) => orders.every((order) => momentOf(text, order, undefined) === null) && orders.some((order) => momentOf(text, order, 'UTC') !== null));
    return needsZone ? { ...read, question: 'Its times say no zone: add timezone, or they are refused.' } : read;
  },
  list: lists,
  object: (texts) => ({ fits: texts.filter((text) => text.startsWith('{')).length / texts.length, forms: {}, question: null }),
};

function numbers(texts: Texts): ReadAs {
  const [points, commas] = (['.', ','] as const).map((sign) => texts.filter((text) => numberOf(text, sign) !== null).length) as [number, number];
  const differ = texts.find((text) => numberOf(text, '.') !== numberOf(text, ','));
  if (points === commas && differ !== undefined && numberOf(differ, '.') !== null) {
    return { fits: points / texts.length, forms: {}, question: `${JSON.stringify(differ)} is ${numberOf(differ, '.')} with decimal point, and ${numberOf(differ, ',')} with decimal comma: say which. Unsaid, it is a point.` };
  }
  return points >= commas ? { fits: points / texts.length, forms: {}, question: null } : { fits: commas / texts.length, forms: { decimal: 'comma' }, question: null };
}

function truths(texts: Texts): ReadAs {
  const words = new Set(texts.map((text) => text.toLowerCase()));
  const known = texts.filter((text) => booleanOf(text) !== null).length;
  const pair = truthWords.find((both) => [...words].every((word) => both.includes(word)));
  if (known < texts.length && pair !== undefined) return { fits: 1, forms: { values: { [pair[0]]: 'true', [pair[1]]: 'false' } }, question: null };
  return { fits: known / texts.length, forms: {}, question: null };
}

/** The order of most; between day and month only a day beyond the 12th decides, or points, which no month comes before. */
function ordered(texts: Texts, read: (text: string, order: Order) => string | null): ReadAs {
  const counts = orders.map((order) => texts.filter((text) => read(text, order) !== null).length);
  const most = Math.max(...counts);
  const best = orders[counts.indexOf(most)] ?? 'iso';
  const fits = most / texts.length;
  if (best === 'iso') return { fits, forms: {}, question: null };
  const open = best === 'dmy' && counts[3] === most
    ? texts.find((text) => read(text, 'dmy') !== read(text, 'mdy') && !text.includes('.')) : undefined;
  return open === undefined ? { fits, forms: { dates: best }, question: null }
    : { fits, forms: {}, question: `${JSON.stringify(open)} is one day with the day first and another with the month first: say dates, dmy or mdy. Unsaid, it is refused.` };
}

function lists(texts: Texts): ReadAs {
  const plain = texts.filter((text) => !text.startsWith('['));
  const found = ([['semicolon', ';'], ['pipe', '|'], ['comma', ',']] as const).filter(([, sign]) => plain.some((text) => text.includes(sign)));
  const [first] = found;
  if (found.length > 1) return { fits: 1, forms: {}, question: `Between its values stand ${found.map(([, sign]) => sign).join(' and ')}: say listSeparator. Unsaid, it is a semicolon.` };
  return { fits: 1, forms: first === undefined || first[0] === 'semicolon' ? {} : { listSeparator: first[0] }, question: null };
}
