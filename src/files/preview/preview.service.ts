import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Database, sql, type TenantTransaction } from '#database';
import { type BatchOutcome, ContactBatchesService, contactColumns, ContactDto, type ContactRecord, CustomFieldsService, type CustomFieldSet } from '../../contacts/index.js';
import type { ImportPreviewDto } from '../dto/import-preview.dto.js';
import { readMapped, signs } from '../forms.js';
import { columnNames } from '../header.js';
import { shownError } from '../import-errors.js';
import type { ImportFormat, ImportOptions, Mapping } from '../import-options.js';
import { fieldNamed, type MappedColumn, mappedColumns } from '../mapping.js';
import { type Cell, textOfSent, textOfValue } from '../read/cell.js';
import type { SentRow } from '../read/rows.js';
import { contactRow } from '../row-values.js';
import { type Beginning, beginningOf, looksLikeHeader } from './beginning.js';
import { type ColumnSuggestion, suggestions } from './suggest.js';

/** What was said, where it was. */
export interface PreviewOptions extends Omit<ImportOptions, 'mapping' | 'encoding' | 'delimiter' | 'header'> {
  /** As it was sent; its columns are suggested nothing else. */
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly encoding: ImportOptions['encoding'] | null;
  readonly delimiter: ImportOptions['delimiter'] | null;
  readonly header: ImportOptions['header'] | null;
}

interface Judged { readonly outcome: BatchOutcome; readonly rows: ImportPreviewDto['rows'] }

/** Carries what was found out of a transaction that is taken back. */
class NothingStored extends Error {
  constructor(readonly judged: Judged) {
    super('nothing is stored');
  }
}

const mostShown = 10;
const mostErrors = 50;
const examples = 3;
const names = Object.fromEntries(Object.entries(signs).map(([name, sign]) => [sign, name]));

/** Looks at the beginning of a file, and says what an import would make of it. */
@Injectable()
export class ImportPreviewService {
  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
    private readonly batches: ContactBatchesService,
  ) {}

  async preview(tenantId: string, file: Readable, format: ImportFormat, options: PreviewOptions, now: Date): Promise<ImportPreviewDto> {
    try {
      const beginning = await beginningOf(file, format, options);
      const custom = await this.database.inTenant(tenantId, async (tx) => await this.customFields.all(tx));
      const table = format === 'ndjson' ? null : tableOf(beginning, format, options, custom);
      const rows = table?.rows ?? beginning.rows;
      const columns = table?.columns ?? null;
      // Without addresses there are no contacts to show.
      const judged = table !== null && columns === null ? null : await this.judge(tenantId, rows, columns, { ...options, format }, now);
      return {
        format, encoding: beginning.encoding, delimiter: names[beginning.delimiter ?? ''] as ImportPreviewDto['delimiter'] ?? null, header: table?.header ?? null,
        sampled: rows.length, whole: beginning.whole, mapping: table?.mapping ?? null, columns: table?.shown ?? [],
        outcome: judged === null ? null : { created: judged.outcome.created, updated: judged.outcome.updated, skipped: judged.outcome.skipped, failed: judged.outcome.failed.length },
        rows: judged?.rows ?? [],
        errors: (judged?.outcome.failed ?? []).slice(0, mostErrors).map(({ index, errors }) => shownError({ line: rows[index]?.line ?? 0, original: rows[index]?.content ?? '', errors: [...errors] }, columns)),
      };
    } finally {
      file.resume();
    }
  }

  /** The rows are applied as an import applies them, in a transaction that is taken back: what is shown is what would be. */
  private async judge(
    tenantId: string, rows: readonly SentRow[], columns: readonly MappedColumn[] | null, options: PreviewOptions & { format: ImportFormat }, now: Date,
  ): Promise<Judged> {
    const sent = rows.map((row) => contactRow(row, columns, options));
    try {
      return await this.batches.untilApplied(async () => await this.database.inTenant(tenantId, async (tx) => {
        const { outcome } = await this.batches.applyIn(tx, sent, { onDuplicate: options.onDuplicate, keepsConsent: options.consent === 'keep' }, now);
        throw new NothingStored({ outcome, rows: await this.shown(tx, rows, sent, outcome) });
      }));
    } catch (error) {
      if (error instanceof NothingStored) return error.judged;
      throw error;
    }
  }

  private async shown(tx: TenantTransaction, rows: readonly SentRow[], sent: readonly unknown[], outcome: BatchOutcome): Promise<ImportPreviewDto['rows']> {
    const failed = new Set(outcome.failed.map(({ index }) => index));
    const first = [...rows.entries()].filter(([index]) => !failed.has(index)).slice(0, mostShown)
      .map(([index, { line }]) => ({ line, email: (sent[index] as { email: string }).email }));
    const custom = await this.customFields.all(tx);
    const records = await tx.rows<ContactRecord & { at: number }>(sql`
      select ${contactColumns}, e.at::integer as at from unnest(${first.map(({ email }) => email)}::text[]) with ordinality as e (email, at)
      join contact c on c.tenant_id = ${tx.tenantId}::uuid and c.email_folded = lower(e.email collate "pg_c_utf8") order by e.at`);
    return records.map((record) => {
      const { id: _, ...contact } = ContactDto.of(record, custom);
      return { line: first[record.at - 1]?.line ?? 0, contact };
    });
  }
}

interface Table {
  readonly header: ImportOptions['header'];
  readonly rows: readonly SentRow[];
  readonly mapping: ImportPreviewDto['mapping'];
  /** `null` where none holds addresses. */
  readonly columns: readonly MappedColumn[] | null;
  readonly shown: ImportPreviewDto['columns'];
}

function tableOf({ rows: all }: Beginning, format: ImportFormat, options: PreviewOptions, custom: CustomFieldSet): Table {
  const textsOf = (row: SentRow | undefined): string[] => (row?.content as readonly Cell[] | undefined ?? []).map((cell) => textOfSent(cell, format));
  const first = textsOf(all[0]);
  const header = options.header ?? (looksLikeHeader(first) ? 'yes' : 'no');
  const columns = columnNames(first, header);
  const rows = header === 'yes' ? all.slice(1) : all;
  const cellsOf = (at: number): readonly Cell[] => rows.map(({ content }) => meantCell((content as readonly Cell[])[at] ?? null, format)).filter((cell) => cell !== null && cell !== '');
  const suggested = suggestions(columns, cellsOf, custom);
  const mapping = mappingOf(suggested, options.mapping, custom);
  const read: Mapping = new Map(Object.entries(mapping).map(([column, to]) => [column, readMapped(column, to)]));
  const hasAddresses = [...read.values()].some((to) => to !== null && fieldNamed(to.field, custom)?.field === 'email');
  return {
    header, rows, mapping, columns: hasAddresses ? mappedColumns(columns, read, custom) : null,
    shown: suggested.map(({ forms: _, ...one }, at) => ({ ...one, examples: cellsOf(at).slice(0, examples).map((cell) => textOfValue(cell).slice(0, 200)) })),
  };
}

/** The mapping that an import takes: what was said, and of the other columns what is suggested, each field once. */
function mappingOf(suggested: readonly ColumnSuggestion[], said: PreviewOptions['mapping'], custom: CustomFieldSet): Record<string, unknown> {
  const taken = new Set(Object.entries(said).map(([column, to]) => readMapped(column, to)?.field ?? '').map((field) => fieldNamed(field, custom)?.field));
  const free = suggested.filter(({ column }) => !Object.hasOwn(said, column)).map(({ column, field, forms }): [string, unknown] => {
    if (field === null || taken.has(field)) return [column, null];
    return [column, Object.keys(forms).length === 0 ? field : { field, ...forms }];
  });
  return { ...Object.fromEntries(free), ...said };
}

function meantCell(cell: Cell, format: ImportFormat): Cell {
  return typeof cell === 'string' ? textOfSent(cell, format) : cell;
}
