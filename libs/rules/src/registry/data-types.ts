import type { ValueType } from '../rule.js';
import type { CustomFieldType } from '../vocabulary.js';

/** What is said of each type of value. */
export const valueTypes: Readonly<Record<ValueType, { readonly article: string; readonly describe: string }>> = {
  string: { article: 'a string', describe: 'text, compared without regard to letter case' },
  number: { article: 'a number', describe: 'a decimal number' },
  boolean: { article: 'a boolean', describe: 'true or false' },
  date: { article: 'a date', describe: 'a calendar day' },
  datetime: { article: 'a datetime', describe: 'an instant in whole milliseconds' },
  array: { article: 'an array', describe: 'a list of texts, compared without regard to letter case' },
};

/** The type in which the values of a custom field are compared. */
export const customFieldTypes: Readonly<Record<CustomFieldType, ValueType>> = {
  text: 'string',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  select: 'string',
  multi_select: 'array',
};
