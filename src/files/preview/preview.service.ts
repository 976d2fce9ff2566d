import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Database, sql, type TenantTransaction } from '#database';
import { type BatchOutcome, ContactBatchesService, contactColumns, ContactDto, type ContactRecord, type CustomFieldSet, CustomFieldsService, EventsService } from '../../contacts/index.js';
import type { ImportPreviewDto } from '../dto/import-preview.dto.js';
import { ApplyEvents } from '../apply-events.js';
import { type MappedTo, readMapped, sentForm, wordOf } from '../forms.js';
import { columnNames, hasHeader } from '../header.js';
import { shownError } from '../import-errors.js';
import type { ImportFormat, ImportOptions, Mapping } from '../import-options.js';
import { fieldNamed, fixedFields, type MappedColumn, mappedColumns, missingFields } from '../mapping.js';
import { type Cell, textOfSent, textOfValue } from '../read/cell.js';
import type { SentRow } from '../read/rows.js';
import type { StoredOptions } from '../receive.service.js';
import { contactRow, orSaidTwice } from '../row-values.js';
import { type Beginning, beginningOf, looksLikeHeader } from './beginning.js';
import { type ColumnSuggestion, type Fields, mappedAs, suggestions } from './suggest.js';

/** What was said, where it was. */
export interface PreviewOptions extends Omit<ImportOptions, 'encoding' | 'delimiter' | 'header'> {
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

/** Looks at the beginning of a file, and says what an import would make of it. */
@Injectable()
export class ImportPreviewService {
  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
    private readonly batches: ContactBatchesService,
    private readonly events: EventsService,
    private readonly applyEvents: ApplyEvents,
  ) {}

  async preview(tenantId: string, file: Readable, format: ImportFormat, sent: PreviewOptions, now: Date, signal?: AbortSignal): Promise<ImportPreviewDto> {
    try {
      const beginning = await beginningOf(file, format, sent);
      const { custom, types } = await this.database.inTenant(tenantId, async (tx): Promise<Pick<Fields, 'custom' | 'types'>> => ({
        custom: await this.customFields.all(tx), types: sent.kind === 'events' ? await this.events.typesIn(tx) : [],
      }));
      const options = { ...sent, fixed: fixedFields(sent.fixed, sent.kind, custom) };
      const fields = { of: sent.kind, custom, types, told: new Set(sent.mapping?.keys()), given: givenFields(options, custom) };
      const table = format === 'ndjson' ? null : tableOf(beginning, format, options, fields);
      const rows = table?.rows ?? beginning.rows;
      const columns = table?.columns ?? null;
      const judged = table !== null && columns === null ? null : await this.judge(tenantId, rows, { ...importOf(options), format, columns }, now, signal);
      return {
        kind: options.kind, format, encoding: beginning.encoding, delimiter: beginning.delimiter === null ? null : wordOf(beginning.delimiter), header: table?.header ?? null,
        sampled: rows.length, whole: beginning.whole, mapping: table?.mapping ?? null, missing: [...table?.missing ?? []], columns: table?.shown ?? [],
        outcome: judged === null ? null : { created: judged.outcome.created, updated: judged.outcome.updated, skipped: judged.outcome.skipped, failed: judged.outcome.failed.length },
        rows: judged?.rows ?? [],
        errors: (judged?.outcome.failed ?? []).slice(0, mostErrors).map(({ index, errors }) => shownError({ line: rows[index]?.line ?? 0, original: rows[index]?.content ?? '', errors: [...errors] }, columns)),
      };
    } finally {
      file.resume();
    }
  }

  /** The rows are applied as an import applies them, in a transaction that is taken back: what is shown is what would be. */
  private async judge(tenantId: string, rows: readonly SentRow[], options: StoredOptions, now: Date, signal: AbortSignal | undefined): Promise<Judged> {
    try {
      return await this.batches.untilApplied(async () => await this.database.inTenant(tenantId, async (tx) => {
        throw new NothingStored(options.kind === 'events' ? await this.judgeEvents(tx, rows, options, now) : await this.judgeContacts(tx, rows, options, now));
      }, { use: 'question', ...(signal === undefined ? {} : { signal }) }));
    } catch (error) {
      if (error instanceof NothingStored) return error.judged;
      throw error;
    }
  }

  private async judgeContacts(tx: TenantTransaction, rows: readonly SentRow[], options: StoredOptions, now: Date): Promise<Judged> {
    const sent = rows.map((row) => contactRow(row, options.columns, options));
    const { outcome: applied } = await this.batches.applyIn(tx, sent, { onDuplicate: options.onDuplicate, keepsConsent: options.consent === 'keep' }, now);
    const outcome = { ...applied, failed: orSaidTwice(applied.failed, rows, options) };
    return { outcome, rows: await this.shown(tx, rows, sent, outcome) };
  }

  private async judgeEvents(tx: TenantTransaction, rows: readonly SentRow[], options: StoredOptions, now: Date): Promise<Judged> {
    const { events, ...outcome } = await this.applyEvents.applyIn(tx, null, options, rows, now);
    const lines = new Map(events.map(({ id, index }) => [id, rows[index]?.line ?? 0]));
    const stored = await this.events.storedIn(tx, events.slice(0, mostShown).map(({ id }) => id));
    return { outcome: { ...outcome, updated: 0 }, rows: stored.map((event) => ({ line: lines.get(event.id) ?? 0, event })) };
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
  readonly missing: readonly string[];
  /** `null` where something is missing. */
  readonly columns: readonly MappedColumn[] | null;
  readonly shown: ImportPreviewDto['columns'];
}

function tableOf({ rows: all }: Beginning, format: ImportFormat, options: PreviewOptions, fields: Fields): Table {
  const first = (all[0]?.content as readonly Cell[] | undefined ?? []).map((cell) => textOfSent(cell, format));
  const header = hasHeader(first, options.header ?? (looksLikeHeader(first) ? 'yes' : 'no'));
  const columns = columnNames(first, header);
  const rows = header ? all.slice(1) : all;
  const cellsOf = (at: number): readonly Cell[] => rows.map(({ content }) => meantCell((content as readonly Cell[])[at] ?? null, format)).filter((cell) => cell !== null && cell !== '');
  const suggested = suggestions(columns, cellsOf, fields);
  const mapping = mappingOf(suggested, options, fields);
  const given = [...[...mapping.values()].flatMap((to) => (to === null ? [] : [fieldNamed(to.field, fields.custom, options.kind)?.field ?? to.field])), ...Object.keys(options.fixed)];
  const missing = missingFields(given, options.kind);
  return {
    header: header ? 'yes' : 'no', rows, mapping: Object.fromEntries([...mapping].map(([column, to]) => [column, sentForm(to)])), missing,
    columns: missing.length === 0 ? mappedColumns(columns, { ...options, mapping }, fields.custom) : null,
    shown: suggested.map(({ forms: _, ...suggestion }, at) => ({ ...suggestion, examples: cellsOf(at).slice(0, examples).map((cell) => textOfValue(cell).slice(0, 200)) })),
  };
}

/** The mapping that an import takes: what was said, and of the other columns what is suggested, each field once. */
function mappingOf(suggested: readonly ColumnSuggestion[], { mapping: said }: PreviewOptions, { given }: Fields): Mapping {
  const free = suggested.filter(({ column }) => said?.has(column) !== true).map(({ column, field, forms }): [string, MappedTo | null] =>
    [column, field === null || given.has(field) ? null : readMapped(column, mappedAs(field, forms))]);
  return new Map([...free, ...said ?? []]);
}

/** The fields that the mapping gives to columns, and those that are fixed. */
function givenFields({ mapping, kind, fixed }: PreviewOptions, custom: CustomFieldSet): ReadonlySet<string> {
  return new Set([...Object.keys(fixed), ...[...mapping?.values() ?? []].flatMap((to) => (to === null ? [] : [fieldNamed(to.field, custom, kind)?.field ?? to.field]))]);
}

/** As the import would be sent; what was looked for is known by now, and no row depends on it. */
function importOf(options: PreviewOptions): ImportOptions {
  return { ...options, encoding: options.encoding ?? 'utf-8', delimiter: options.delimiter ?? ',', header: options.header ?? 'yes' };
}

function meantCell(cell: Cell, format: ImportFormat): Cell {
  return typeof cell === 'string' ? textOfSent(cell, format) : cell;
}
