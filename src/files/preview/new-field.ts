import type { CustomFieldSet } from '../../contacts/index.js';
import { type Cell, textOfValue } from '../read/cell.js';
import { readAs, type SaidForms } from './value-forms.js';

/** What `POST /custom-fields` takes for a column that is no field yet. */
export interface SuggestedField {
  readonly key: string;
  readonly label: string;
  readonly type: 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'select' | 'multi_select';
  readonly options?: readonly string[];
}

/** What the values of a column look like. */
export interface GuessedType extends Pick<SuggestedField, 'type' | 'options'> {
  readonly confidence: number;
  readonly forms: SaidForms;
  readonly question: string | null;
}

/** Fewer cells say too little of what may be chosen. */
const fewest = 20;
const mostOptions = 20;

/** The type that all cells have, the narrowest first; a text that may be one number is one, but for what begins with 0 or +. */
export function guessedType(cells: readonly Cell[]): GuessedType {
  const texts = cells.map((cell) => textOfValue(cell).trim()).filter((text) => text !== '');
  const confidence = texts.length >= fewest ? 0.9 : 0.6;
  if (texts.length === 0) return { type: 'text', confidence: 0.2, forms: {}, question: null };
  const distinct = new Set(texts.map((text) => text.toLowerCase()));
  const digitsOnly = [...distinct].every((text) => text === '0' || text === '1');
  const truths = readAs('boolean', cells);
  if (distinct.size === 2 && truths.fits === 1) return { type: 'boolean', confidence: digitsOnly ? 0.6 : confidence, forms: truths.forms, question: null };
  const isName = texts.some((text) => /^(0\d|\+)/.test(text) || text.replace(/\D/g, '').length > 15);
  for (const type of ['number', 'date', 'datetime'] as const) {
    if (type === 'number' && isName) continue;
    const { fits, forms, question } = readAs(type, cells);
    if (fits === 1) return { type, confidence: question === null ? confidence : confidence / 2, forms, question };
  }
  return chosen(texts, confidence) ?? { type: 'text', confidence: 0.5, forms: {}, question: null };
}

function chosen(texts: readonly string[], confidence: number): GuessedType | null {
  if (texts.length < fewest) return null;
  const { forms, question } = readAs('list', texts);
  const sign = forms['listSeparator'] === 'comma' ? ',' : forms['listSeparator'] === 'pipe' ? '|' : ';';
  const several = texts.filter((text) => text.includes(sign)).length;
  const parts = several >= texts.length / 5 ? texts.flatMap((text) => text.split(sign).map((part) => part.trim())) : texts;
  const options = [...new Map(parts.filter((part) => part !== '').map((part) => [part.toLowerCase(), part])).values()].sort();
  if (options.length > Math.min(mostOptions, parts.length / 4) || options.some((option) => option.length > 60)) return null;
  return several >= texts.length / 5 ? { type: 'multi_select', options, confidence: confidence * 0.8, forms, question } : { type: 'select', options, confidence: confidence * 0.8, forms: {}, question: null };
}

/** A key made of the column's name that no other has. */
export function freeKey(column: string, at: number, custom: CustomFieldSet, taken: ReadonlySet<string>): string {
  const bare = column.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '').replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '').slice(0, 58);
  const key = bare === '' ? `column_${at + 1}` : bare;
  let free = key;
  for (let turn = 2; taken.has(free) || custom.find(free) !== undefined; turn += 1) free = `${key}_${turn}`;
  return free;
}
