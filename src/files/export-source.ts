import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Sql, sql, type TenantTransaction } from '#database';
import type { CustomFieldSet } from '../contacts/index.js';
import { ExportedBatch, type Marks, simple } from './exported-batch.js';
import { type ExportColumn, type ExportField, fieldsRead } from './export-columns.js';

/** What is exported, and where its rows come from. */
export interface ExportSource {
  readonly fields: Readonly<Record<string, ExportField>>;
  readonly custom: CustomFieldSet | null;
  /** The next rows by their `key`, with these columns. `only` is a further condition. */
  readonly next: (columns: Sql, after: string | null, limit: number, only?: Sql) => Sql;
  /** Settings that those statements want, to the end of the transaction, each a statement of its own. */
  readonly planning?: readonly Sql[];
  /** How many rows there are, counted up to a limit. */
  readonly countUpTo: (limit: number) => Sql;
  /** Holds for every row with a value that is longer than a cell, and for few others. */
  readonly long: Sql;
}

/**
 * A batch is read anew with fewer rows where its texts are longer together: a contact may have a thousand tags of 10,000 characters, and
 * no text of this process has more than 512 million. A thousand usual contacts have less than one.
 */
const mostBytes = 16_000_000;

/** What a statement answers: all rows as one text, if it is not too long, and of how many rows. */
interface Joined { readonly rows: number; readonly bytes: number; readonly lines: string | null }

/** A batch as it came. */
interface Read {
  readonly batch: ExportedBatch;
  readonly isLast: boolean;
}

/**
 * All rows, or those for which `only` holds, by batches. While one is used, the next is read: two are in memory at most. A batch comes as
 * one text, for which the database has hardly anything to do, and is cut row by row: of a thousand rows of 14 columns, the rows of the
 * protocol took this process 4.0 ms to parse, and as JSON arrays they took the database 4 ms more to write; cut into columns at
 * once, their 14,000 texts took the collector of garbage 2 ms. (An export of a million took 11.3 s then, and 8.6 since.)
 */
export async function* batchesOf(
  tx: TenantTransaction, source: ExportSource, columns: readonly ExportColumn[], { size, only }: { size: number; only?: Sql },
): AsyncIterable<ExportedBatch> {
  const reader = new BatchReader(tx, source, columns, size, only);
  let reading = reader.read(null);
  try {
    for (;;) {
      const { batch, isLast } = await reading;
      if (!isLast) {
        reading = reader.read(batch.lastKey);
        // Where nobody comes for it, since the client left, it fails unheard.
        reading.catch(() => undefined);
        // Until its statement is on the way: whoever uses this batch holds up everything else.
        await nextTurn();
      }
      yield batch;
      if (isLast) return;
    }
  } finally {
    // Until then somebody is there who ends it in the database.
    await reading.catch(() => undefined);
  }
}

class BatchReader {
  #marks: Marks = { ...simple, unset: `\u001A${random(3)}` };
  #limit: number;
  readonly #columns: readonly Sql[];

  constructor(
    private readonly tx: TenantTransaction, private readonly source: ExportSource, columns: readonly ExportColumn[], private readonly size: number, private readonly only: Sql | undefined,
  ) {
    this.#limit = size;
    this.#columns = fieldsRead(columns.map(({ name }) => name), source).map(([, { column }]) => column);
  }

  /** The rows behind a key: as many as are read at once, or fewer where they are long. */
  async read(after: string | null): Promise<Read> {
    const [asked, marks] = [this.#limit, this.#marks];
    const { rows, bytes, lines } = (await this.tx.row<Joined>(this.statement(after, asked, marks)))!;
    if (lines === null) {
      this.#limit = Math.max(1, Math.floor(asked * mostBytes / bytes / 2));
      return await this.read(after);
    }
    this.#limit = Math.min(this.size, asked * 2);
    const batch = new ExportedBatch(rows, lines, marks);
    if (batch.isCutBy(this.#columns.length + 1)) return { batch, isLast: rows < asked };
    this.#limit = asked;
    this.#marks = { ...marks, row: `${simple.row}${random(12)}`, cell: `${simple.cell}${random(12)}` };
    return await this.read(after);
  }

  private statement(after: string | null, limit: number, { row, cell, unset }: Marks): Sql {
    const names = this.#columns.map((_, at) => sql.ref(`c${at}`));
    const rows = this.source.next(sql.join(this.#columns.map((column, at) => sql`, ${column} as ${names[at]!}`), sql``), after, limit, this.only);
    const cells = [sql`r.key`, ...names.map((name) => sql`coalesce(r.${name}, ${unset})`)];
    return sql`
      select rows, bytes, case when rows < 2 or bytes <= ${mostBytes} then lines end as lines
      from (select rows, lines, octet_length(lines) as bytes
        from (select count(*)::integer as rows, coalesce(string_agg(concat_ws(${cell}, ${sql.join(cells)}), ${row}), '') as lines from (${rows}) r) joined) measured`;
  }
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}
