import { instantOrNull, type TenantTransaction } from '#database';
import type { EventOfContact } from './sql/append-events.sql.js';
import { beginAnalytics, holdClosedUntil, noteLate, noteLateMoves, noteLateRemovals } from './sql/late-events.sql.js';

/** Notes, in the transaction that stores them, which of the events belong to days that may have been rolled up. */
export async function appendLateEvents(tx: TenantTransaction, events: readonly EventOfContact[]): Promise<void> {
  const closedUntil = await closed(tx);
  if (closedUntil === null) return;
  const late = events.filter(({ occurredAt }) => Date.parse(occurredAt) < closedUntil.getTime());
  if (late.length > 0) await tx.write(noteLate(tx.tenantId, late));
}

/** The same of events that are taken back; call it while they are still there. */
export async function appendLateRemovals(tx: TenantTransaction, eventIds: readonly string[]): Promise<void> {
  const closedUntil = await closed(tx);
  if (closedUntil !== null) await tx.write(noteLateRemovals(tx.tenantId, eventIds, closedUntil));
}

/** The same of the events of a contact that is merged into another; call it while they are still its own. */
export async function appendLateMoves(tx: TenantTransaction, from: string, to: string): Promise<void> {
  const closedUntil = await closed(tx);
  if (closedUntil !== null) await tx.write(noteLateMoves(tx.tenantId, from, to, closedUntil));
}

async function closed(tx: TenantTransaction): Promise<Date | null> {
  const read = async (): Promise<{ closed_until: string | null } | undefined> => await tx.row(holdClosedUntil(tx.tenantId));
  let found = await read();
  if (found === undefined) {
    await tx.write(beginAnalytics(tx.tenantId));
    found = await read();
  }
  return instantOrNull(found?.closed_until ?? null);
}
