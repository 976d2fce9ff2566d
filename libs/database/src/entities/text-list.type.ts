import { ArrayType } from '@mikro-orm/core';

/**
 * A list of any texts as PostgreSQL reads it, each in quotes. The type of the library quotes only some: it loses white space
 * at either end, makes null of the text `null`, and is refused with a control character.
 */
export class TextListType extends ArrayType<string> {
  override convertToDatabaseValue(value: string[] | null): string | null {
    return value === null ? null : `{${value.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
  }

  override getColumnType(): string {
    return 'text[]';
  }
}
