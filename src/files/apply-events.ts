import { Injectable } from '@nestjs/common';
import { sql, type TenantTransaction } from '#database';
import type { InputFault } from '#kernel';
import { CustomFieldsService, EventsService, type WrittenContact } from '../contacts/index.js';
import type { SentRow } from './read/rows.js';
import type { StoredOptions } from './receive.service.js';
import { eventRow, orSaidTwice } from './row-values.js';

export interface AppliedEventRows {
  readonly created: number;
  readonly skipped: number;
  readonly failed: { index: number; errors: InputFault[] }[];
  readonly events: readonly { readonly id: string; readonly index: number; readonly made: boolean }[];
  /** Contacts whose status was raised, as they were before. */
  readonly raised: readonly { readonly id: string; readonly before: WrittenContact }[];
}

const keyPrefix = 'customFields.';

/** Applies rows of events: those of an import, or of a preview that takes them back. */
@Injectable()
export class ApplyEvents {
  constructor(
    private readonly events: EventsService,
    private readonly customFields: CustomFieldsService,
  ) {}

  /** In the caller's transaction; `importId` is `null` where nothing was applied before. */
  async applyIn(tx: TenantTransaction, importId: string | null, options: Omit<StoredOptions, 'onDuplicate'>, sent: readonly SentRow[], now: Date): Promise<AppliedEventRows> {
    const { columns } = options;
    const read = sent.map((row) => eventRow(row, columns, options));
    const named = columns?.find(({ field }) => field?.startsWith(keyPrefix))?.field ?? null;
    const field = named === null ? undefined : (await this.customFields.all(tx)).find(named.slice(keyPrefix.length));
    const { answer, events, raised } = await this.events.applyIn(tx, {
      rows: read.map(({ row }) => row), tellsRaised: true,
      key: named === null ? null : { fieldId: field?.id ?? '', path: `/${named.replace('.', '/')}`, values: read.map(({ key }) => key) },
      seen: async (keys) => (importId === null ? new Map() : await seenBefore(tx, importId, keys)),
    }, now);
    return { created: answer.accepted, skipped: answer.duplicates, failed: orSaidTwice(answer.failed, sent, options), events, raised: raised.map((before) => ({ id: before.id, before })) };
  }
}

/** How many events of the import have an id that begins with each key; the keys end before a number. Ranges of the primary key. */
async function seenBefore(tx: TenantTransaction, importId: string, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.rows<{ key: string; seen: number }>(sql`
    select asked.key, counted.seen from unnest(${keys}::text[]) as asked (key)
    cross join lateral (
      select count(*)::integer as seen from import_event e where e.tenant_id = ${tx.tenantId}::uuid and e.import_id = ${importId}::uuid
        and e.event_id > asked.key collate "C" and e.event_id < (asked.key || ':') collate "C") as counted`);
  return new Map(rows.map(({ key, seen }) => [key, seen]));
}

/** Notes which events the import named, so that it can be taken back and rows alike are counted. */
export async function noteEvents(tx: TenantTransaction, importId: string, events: AppliedEventRows['events']): Promise<void> {
  if (events.length === 0) return;
  await tx.write(sql`
    insert into import_event (tenant_id, import_id, event_id, made)
    select ${tx.tenantId}::uuid, ${importId}::uuid, e.id, e.made from json_to_recordset(${JSON.stringify(events)}::json) as e (id text, made boolean)
    on conflict (tenant_id, import_id, event_id) do nothing`);
}
