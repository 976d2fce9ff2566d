import { isUuid } from '#kernel';
import { createQueryId, PostgresQueryCompiler } from 'kysely';
import type { Sql } from './statements.js';

/** Writes values into the text instead of beside it. */
class TextCompiler extends PostgresQueryCompiler {
  protected override appendValue(value: unknown): void {
    this.append(valueText(value));
  }
}

/**
 * A statement with its values in its text: a message of several statements has none beside it. Ids and whole numbers only, of
 * which no character means anything to the server; any other value is an error.
 */
export function statementText(statement: Sql): string {
  return new TextCompiler().compileQuery(statement.toOperationNode(), createQueryId()).sql;
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && isUuid(value)) return `'${value}'`;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new Error('only ids and whole numbers may stand in the text of a statement');
}
