import { type InputFault, invalid } from '#kernel';
import { isTimeZone } from '#rules';

/** How the cells of a column are written, where that is not as the options say of the whole file. */
export interface Forms {
  readonly dates?: 'iso' | 'dmy' | 'mdy' | 'ymd';
  readonly decimal?: '.' | ',';
  readonly listSeparator?: ';' | ',' | '|';
  /** Of a property of events, what its cells are; `text` where nothing is said. */
  readonly as?: 'text' | 'number' | 'boolean';
  /** A zone of which dates and times are that say none: a name such as `Europe/Berlin`. */
  readonly timezone?: string;
  /** What words of the file mean, without regard to letter case: `{"Ja": "true", "Nein": "false"}`. */
  readonly values?: Readonly<Record<string, string>>;
}

/** What a mapping says of a column: its field, and the forms of its cells. */
export interface MappedTo extends Forms {
  readonly field: string;
}

/** The words of the API for characters. */
export const signs = { comma: ',', semicolon: ';', tab: '\t', pipe: '|', whitespace: ' ', point: '.' } as const;

/** Names of members, and what each may be. */
const formWords = { dates: ['iso', 'dmy', 'mdy', 'ymd'], decimal: ['point', 'comma'], listSeparator: ['semicolon', 'comma', 'pipe'], as: ['text', 'number', 'boolean'] } as const;
const mostValues = 1000;

/** The member of a mapping; `null` where the column is left out. */
export function readMapped(column: string, sent: unknown): MappedTo | null {
  if (sent === null) return null;
  if (typeof sent === 'string') return { field: sent };
  const name = JSON.stringify(column.slice(0, 80));
  const faults: InputFault[] = [];
  const fault = (message: string): void => { faults.push({ path: '/mapping', code: 'value_invalid', message: `Of the column ${name}: ${message}` }); };
  if (typeof sent !== 'object' || Array.isArray(sent) || typeof (sent as { field?: unknown }).field !== 'string') {
    throw invalid([{ path: '/mapping', code: 'value_invalid', message: `The column ${name} is mapped to a field's name, to null, or to {"field": "<name>", …} with the forms of its cells.` }]);
  }
  const { field, values, timezone, ...others } = sent as { field: string; values?: unknown; timezone?: unknown } & Record<string, unknown>;
  for (const [form, word] of Object.entries(others)) {
    const words: readonly unknown[] | undefined = Object.hasOwn(formWords, form) ? formWords[form as keyof typeof formWords] : undefined;
    if (words === undefined) fault(`${JSON.stringify(form.slice(0, 80))} is none of field, ${Object.keys(formWords).join(', ')}, timezone, values.`);
    else if (!words.includes(word)) fault(`${form} is one of ${words.join(', ')}.`);
  }
  if (timezone !== undefined && !isZone(timezone)) fault('timezone is the name of a time zone, such as Europe/Berlin.');
  if (values !== undefined && !isWords(values)) fault(`values are texts by texts, {"Ja": "true"}, ${mostValues.toLocaleString('en-US')} at most.`);
  if (faults.length > 0) throw invalid(faults);
  const { dates, decimal, listSeparator, as } = others as { as?: Forms['as']; dates?: Forms['dates']; decimal?: 'point' | 'comma'; listSeparator?: 'semicolon' | 'comma' | 'pipe' };
  return {
    field,
    ...(dates === undefined ? {} : { dates }), ...(decimal === undefined ? {} : { decimal: signs[decimal] }),
    ...(listSeparator === undefined ? {} : { listSeparator: signs[listSeparator] }),
    ...(timezone === undefined ? {} : { timezone: timezone as string }), ...(as === undefined ? {} : { as }),
    ...(values === undefined ? {} : { values: values as Record<string, string> }),
  };
}

/** The words of a column's cells, in small letters, by what they mean. */
export function foldedWords(values: NonNullable<Forms['values']>): NonNullable<Forms['values']> {
  return Object.fromEntries(Object.entries(values).map(([word, meant]) => [word.trim().toLowerCase(), meant]));
}

/** The same in the words of the API, as `readMapped` takes it. */
export function sentForm(mapped: MappedTo | null): unknown {
  if (mapped === null || Object.keys(mapped).length === 1) return mapped?.field ?? null;
  const { decimal, listSeparator, ...others } = mapped;
  return {
    ...others, ...(decimal === undefined ? {} : { decimal: wordOf(decimal) }), ...(listSeparator === undefined ? {} : { listSeparator: wordOf(listSeparator) }),
  };
}

/** The word of the API for a character. */
export function wordOf(sign: string): keyof typeof signs {
  return (Object.keys(signs) as (keyof typeof signs)[]).find((word) => signs[word] === sign) ?? 'comma';
}

/** Whether it is the name of a time zone, and no offset. */
export function isZone(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z]/.test(name) && isTimeZone(name);
}

function isWords(values: unknown): values is Record<string, string> {
  return typeof values === 'object' && values !== null && !Array.isArray(values) && Object.keys(values).length <= mostValues
    && Object.values(values).every((meant) => typeof meant === 'string');
}
