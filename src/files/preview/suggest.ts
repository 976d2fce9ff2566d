import { type CustomFieldSet, subscriptionStatuses } from '../../contacts/index.js';
import { type CellKind, fieldNamed, namesContacts, readOnly } from '../mapping.js';
import { type Cell, textOfValue } from '../read/cell.js';
import type { ImportKind } from '../import-options.js';
import { freeKey, type GuessedType, guessedType, type SuggestedField } from './new-field.js';
import { eventSynonyms, statusWords, synonyms, typeWords } from './synonyms.js';
import { type ReadAs, readAs, type SaidForms } from './value-forms.js';

/** What a column is taken for, and why. */
export interface ColumnSuggestion {
  readonly column: string;
  readonly field: string | null;
  /** From 0 to 1; of the field where there is one, else of the new field's type. */
  readonly confidence: number;
  readonly reason: string;
  readonly forms: SaidForms;
  /** What only a person can say. */
  readonly question: string | null;
  readonly newField: SuggestedField | null;
  /** What a mapping says of the column once there is the new field. */
  readonly newMapping: unknown;
}

/** What columns may be for. */
export interface Fields {
  readonly of: ImportKind;
  readonly custom: CustomFieldSet;
  /** The names of event types. */
  readonly types: readonly string[];
  /** The columns of which the mapping says what they are for. */
  readonly told: ReadonlySet<string>;
  /** The fields that it gives them, and those that are fixed. */
  readonly given: ReadonlySet<string>;
}

interface Named { readonly field: string; readonly kind: CellKind; readonly confidence: number; readonly reason: string }

/** Below this share of cells that can be read, a name is taken for a coincidence. */
const leastFit = 0.5;

/** Each column with what it is probably for; no field twice. */
export function suggestions(columns: readonly string[], cellsOf: (at: number) => readonly Cell[], fields: Fields): readonly ColumnSuggestion[] {
  const { of, custom } = fields;
  const named = columns.map((column, at) => known(column, cellsOf(at), fields));
  const found = of === 'contacts' ? named : saidOnce(columns, named, fields);
  const whole = [...fields.given, ...columns.map((column, at) => (fields.told.has(column) ? null : found[at]?.field))].includes('properties');
  const keys = new Set<string>();
  return columns.map((column, at): ColumnSuggestion => {
    const suggestion = found[at] ?? null;
    if (readOnly[of].includes(column)) return left(column, 1, 'Exports have it; an import sets it never.');
    const rival = suggestion === null ? -1 : found.findIndex((other, place) => other?.field === suggestion.field && place !== at
      && (other.confidence > suggestion.confidence || (other.confidence === suggestion.confidence && place < at)));
    if (suggestion !== null && rival === -1) return suggestion;
    const { type, options, confidence, forms, question } = guessedType(cellsOf(at));
    if (of === 'events' && (whole || named[at]?.field === 'properties')) return left(column, 1, 'Properties are read as a whole, or one by one: others have a place of their own.');
    if (of === 'events') return property(column, { type, confidence, forms, question });
    const key = freeKey(column, at, custom, keys);
    keys.add(key);
    const reason = rival === -1 ? 'No field is called so; it would be a new custom field.' : `${JSON.stringify(columns[rival])} fits ${suggestion?.field} better; it would be a new custom field.`;
    return { ...left(column, confidence, reason), question, newField: { key, label: column.slice(0, 200), type, ...(options === undefined ? {} : { options }) }, newMapping: mappedAs(`customFields.${key}`, forms) };
  });
}

/** Of events, what may be said once only: whose they are, and properties as a whole or one by one. A column that is told keeps what fits it. */
function saidOnce(columns: readonly string[], named: readonly (ColumnSuggestion | null)[], { custom, told, given }: Fields): readonly (ColumnSuggestion | null)[] {
  const isKey = (field: string | null): field is string => field?.startsWith('customFields.') === true;
  const isAddress = (field: string | null): boolean => field === 'email' || field === 'contactId';
  const isPart = (field: string | null): boolean => field?.startsWith('properties.') === true;
  const canName = (field: string | null): boolean => isKey(field) && namesContacts(custom.find(field.slice('customFields.'.length))?.type ?? '');
  const open = named.map((one, at) => (told.has(columns[at] ?? '') ? null : one?.field ?? null));
  const fields = [...given];
  const keyed = fields.some(isKey);
  const parts = fields.some(isPart);
  const whole = fields.includes('properties') || (!parts && open.includes('properties'));
  // A custom field only says whose they are where nothing better does.
  const key = keyed || [...fields, ...open].some(isAddress) ? -1 : open.findIndex(canName);
  return named.map((one, at) => {
    const field = open[at] ?? null;
    const taken = (isKey(field) && at !== key) || (keyed && isAddress(field)) || (field === 'properties' && parts) || (whole && isPart(field));
    return taken ? null : one;
  });
}

function left(column: string, confidence: number, reason: string): ColumnSuggestion {
  return { column, field: null, confidence, reason, forms: {}, question: null, newField: null, newMapping: null };
}

/** What no field of events is called becomes a property: a number or a truth value where all cells are one. */
function property(column: string, { type, confidence, forms, question }: Pick<GuessedType, 'type' | 'confidence' | 'forms' | 'question'>): ColumnSuggestion {
  const as = type === 'number' || type === 'boolean' ? type : 'text';
  return { ...left(column, confidence, 'No field of events is called so; it is a property of theirs.'), field: `properties.${column}`, question: as === 'text' ? null : question, forms: as === 'text' ? {} : { as, ...forms } };
}

/** What a mapping says. */
export function mappedAs(field: string, forms: SaidForms): unknown {
  return Object.keys(forms).length === 0 ? field : { field, ...forms };
}

function known(column: string, cells: readonly Cell[], fields: Fields): ColumnSuggestion | null {
  const named = byName(column, fields) ?? byValues(cells);
  if (named === null) return null;
  const { fits, forms, question } = readCells(named, cells, fields);
  if (fits < leastFit) return null;
  return { column, field: named.field, confidence: Math.round(named.confidence * fits * 100) / 100, reason: named.reason, forms, question, newField: null, newMapping: null };
}

function byName(column: string, { of, custom }: Fields): Named | null {
  const own = fieldNamed(column, custom, of);
  if (own !== null) return { ...own, confidence: 1, reason: 'The field is called so.' };
  const name = plain(column);
  const labelled = name === '' ? undefined : custom.all.find(({ label = '' }) => plain(label) === name);
  if (labelled !== undefined) return { ...kindOf(`customFields.${labelled.key}`, custom, of), confidence: 0.95, reason: 'The custom field is labelled so.' };
  for (const [field, { sure, likely }] of Object.entries(of === 'events' ? eventSynonyms : synonyms)) {
    if (sure.includes(name)) return { ...kindOf(field, custom, of), confidence: 0.9, reason: 'The field is often called so.' };
    if (likely.includes(name)) return { ...kindOf(field, custom, of), confidence: 0.6, reason: 'The field is sometimes called so.' };
  }
  return null;
}

function kindOf(field: string, custom: CustomFieldSet, of: ImportKind): { field: string; kind: CellKind } {
  return fieldNamed(field, custom, of) ?? { field, kind: 'text' };
}

function byValues(cells: readonly Cell[]): Named | null {
  return cells.length > 0 && addresses(cells) >= 0.9 ? { field: 'email', kind: 'text', confidence: 0.8, reason: 'Its values are addresses.' } : null;
}

function readCells({ field, kind }: Named, cells: readonly Cell[], { of, custom, types }: Fields): ReadAs {
  if (field === 'email') return { fits: cells.length === 0 ? 1 : addresses(cells), forms: {}, question: null };
  if (of === 'contacts' && field === 'subscriptionStatus') return meantWords(cells, subscriptionStatuses, statusWords);
  if (of === 'events' && field === 'type') return meantWords(cells, types, typeWords);
  const select = /^customFields\./.test(field) ? custom.find(field.slice('customFields.'.length)) : undefined;
  if (select?.type === 'select' && cells.length > 0) {
    return { fits: cells.filter((cell) => custom.allows(select, textOfValue(cell))).length / cells.length, forms: {}, question: null };
  }
  return readAs(kind, cells);
}

function addresses(cells: readonly Cell[]): number {
  return cells.filter((cell) => /^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$/.test(textOfValue(cell))).length / cells.length;
}

/** Words of other tools are told by name in the mapping, so that nobody becomes active unseen. */
function meantWords(cells: readonly Cell[], known: readonly string[], words: Readonly<Record<string, string>>): ReadAs {
  if (cells.length === 0) return { fits: 1, forms: {}, question: null };
  const values: Record<string, string> = {};
  let fit = 0;
  for (const text of cells.map((cell) => textOfValue(cell).trim())) {
    const word = plain(text);
    const meant = known.find((one) => plain(one) === word) ?? (Object.hasOwn(words, word) ? words[word] : undefined);
    if (meant === undefined) continue;
    fit += 1;
    if (meant !== text) values[text] = meant;
  }
  return { fits: fit / cells.length, forms: Object.keys(values).length === 0 ? {} : { values }, question: null };
}

/** Small letters without accents, and digits. */
function plain(name: string): string {
  return name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]/g, '');
}
