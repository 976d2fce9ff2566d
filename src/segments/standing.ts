import type { FastifyReply } from 'fastify';
import { instantOrNull, type TenantStatements } from '#database';
import { readOldestStanding, readStandings } from './sql/read-standings.sql.js';

/** The moment that the members of a dynamic segment are right for, and since when a change waits to be applied. */
export interface Standing {
  readonly asOf: Date | null;
  readonly pendingSince: Date | null;
}

/** As the interface shows it. */
export interface StandingView {
  asOf: string | null;
  pendingSince: string | null;
}

export interface StandingRow {
  as_of: string | null;
  pending_since: string | null;
}

/** The members of a static segment are always right: there is no moment to tell. */
export const alwaysRight: Standing = { asOf: null, pendingSince: null };

export function standingFrom(row: StandingRow | undefined): Standing {
  return { asOf: instantOrNull(row?.as_of ?? null), pendingSince: instantOrNull(row?.pending_since ?? null) };
}

/** How segments stand, by id, in the transaction that reads their members. */
export async function standingsOf(tx: TenantStatements, segmentIds: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
  const rows = await tx.rows<StandingRow & { id: string }>(readStandings(tx.tenantId, segmentIds));
  return new Map(rows.map((row) => [row.id, standingFrom(row)]));
}

/** How one segment stands. */
export async function standingOf(tx: TenantStatements, segmentId: string): Promise<Standing> {
  return (await standingsOf(tx, [segmentId])).get(segmentId.toLowerCase()) ?? alwaysRight;
}

/** The same of members as of a past moment, or of the present ones: what is past is settled, but for what lies after the segment's own moment. */
export function standingAt(standing: Standing, moment: Date | null): Standing {
  return moment === null || standing.asOf === null || moment > standing.asOf ? standing : { asOf: moment, pendingSince: null };
}

/** How far the active dynamic segments are, the one that is furthest behind: for answers about all of them. */
export async function oldestStanding(tx: TenantStatements): Promise<Standing> {
  return standingFrom(await tx.row<StandingRow>(readOldestStanding(tx.tenantId)));
}

export function standingView({ asOf, pendingSince }: Standing): StandingView {
  return { asOf: asOf?.toISOString() ?? null, pendingSince: pendingSince?.toISOString() ?? null };
}

/** The headers of answers whose rows are members. */
export function tellStanding(reply: FastifyReply, { asOf, pendingSince }: Standing): void {
  if (asOf !== null) void reply.header('segment-as-of', asOf.toISOString());
  if (pendingSince !== null) void reply.header('segment-pending-since', pendingSince.toISOString());
}
