import { Injectable } from '@nestjs/common';
import { Database, instantOf, instantOrNull, Segment, type Sql, sql, type TenantTransaction } from '#database';
import { notFound } from '#kernel';
import { contactColumns, ContactDto, type ContactRecord, CustomFieldsService } from '../contacts/index.js';
import type { Page, PageQuery } from '../http/index.js';
import { CursorsService } from '../tenancy/index.js';
import type { ContactMembershipChangeDto, ContactSegmentDto, MemberDto, MembershipChangeDto, MembersQuery } from './dto/members.dto.js';
import { RefreshService } from './refresh.service.js';
import { findSegment } from './find-segment.js';
import { noteUse } from './segment-use.js';
import { alwaysRight, type Standing, standingAt, standingFrom, type StandingRow, standingOf, standingView } from './standing.js';
import { membersAt, membersNow, segmentsOfContact, storedMembers } from './sql/read-members.sql.js';
import { readContactWaiting } from './sql/read-standings.sql.js';

/** Who is in a segment: now, at a past moment, and how it came about. */
@Injectable()
export class MembershipService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
    private readonly customFields: CustomFieldsService,
    private readonly refreshes: RefreshService,
  ) {}

  /**
   * The members of segments as a fragment, a SELECT of one column `contact_id`, each contact once. Between modules a set
   * of contacts travels like this, never as a list of ids. Run it inside a transaction of the tenant.
   */
  membersOf(tenantId: string, segmentIds: readonly string[]): Sql {
    return membersNow(tenantId, segmentIds);
  }

  /** The same of one segment, for a statement that joins contacts by itself: one who was erased a moment ago may be among them. */
  storedMembersOf(tenantId: string, segmentId: string): Sql {
    return storedMembers(tenantId, segmentId);
  }

  /** Whether a contact is a member. */
  async isMember(tenantId: string, segmentId: string, contactId: string): Promise<boolean> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.row(sql`
      select from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid and contact_id = ${contactId}::uuid`) !== undefined);
  }

  /** Refreshes the dynamic ones of the segments and waits; throws where one cannot be refreshed in time. */
  async ensureFresh(tenantId: string, segmentIds: readonly string[], now: Date, waitSeconds = 60): Promise<void> {
    await this.refreshes.makeFresh(tenantId, async (tx) => {
      await noteUse(tx, segmentIds, now);
      return await tx.em.find(Segment, { tenantId, id: { $in: segmentIds.map((id) => id.toLowerCase()) }, type: 'dynamic' });
    }, waitSeconds, now);
  }

  /** The members as contacts, in the order of their ids, and how the segment stands: both as of one moment. */
  async list(tenantId: string, segmentId: string, query: MembersQuery, now: Date): Promise<{ page: Page<MemberDto>; standing: Standing }> {
    let standing = alwaysRight;
    const page = await this.cursors.page(tenantId, ['members', segmentId, query.asOf ?? null], query,
      async ({ limit, after }) => {
        // A page is short: it does not wait behind the questions that take long.
        const members = await this.database.inTenant(tenantId, async (tx): Promise<MemberDto[]> => {
          const { type } = await findSegment(tx, segmentId);
          if (type === 'dynamic') standing = standingAt(await standingOf(tx, segmentId), query.asOf === undefined ? null : new Date(query.asOf));
          const who = query.asOf === undefined
            ? sql`select contact_id, since from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid`
            : membersAt(tenantId, segmentId, new Date(query.asOf));
          const fields = await this.customFields.all(tx);
          const rows = await tx.rows<ContactRecord & { since: string }>(sql`
            select ${contactColumns}, m.since from (${who}) m
            join contact c on c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id
            ${after === null ? sql`` : sql`where m.contact_id > ${after[0]}::uuid`}
            order by m.contact_id limit ${limit}`);
          return rows.map((row) => ({ ...ContactDto.of(row, fields), since: instantOf(row.since).toISOString() }));
        }, { isolation: 'repeatable read', readOnly: true });
        if (after === null) await this.database.inTenant(tenantId, async (tx) => { await noteUse(tx, [segmentId], now); });
        return members;
      },
      (member): [string] => [member.id],
      (member) => member);
    return { page, standing };
  }

  /** Who entered and left, newest first in the order of writing. */
  async history(tenantId: string, segmentId: string, query: PageQuery): Promise<Page<MembershipChangeDto>> {
    return await this.cursors.page(tenantId, ['history', segmentId], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => {
        await findSegment(tx, segmentId);
        return await tx.rows<HistoryRow & { contact_id: string; email: string | null; by: string | null }>(sql`
          select h.seq, h.contact_id, c.email, h.change, h.at, h.via, h.refresh_id, h.by
          from membership_change h left join contact c on c.tenant_id = ${tenantId}::uuid and c.id = h.contact_id
          where h.tenant_id = ${tenantId}::uuid and h.segment_id = ${segmentId}::uuid
            ${after === null ? sql`` : sql`and h.seq < ${after[0]}::bigint`}
          order by h.seq desc limit ${limit}`);
      }),
      (row): [string] => [row.seq],
      (row) => ({
        contactId: row.contact_id, email: row.email, change: row.change, at: instantOf(row.at).toISOString(), via: row.via,
        refreshId: row.refresh_id, by: row.by,
      }));
  }

  /** The segments that a contact is in, and since when a change waits altogether: one that it is to enter is not among them yet. */
  async ofContact(tenantId: string, contactId: string, query: PageQuery): Promise<{ page: Page<ContactSegmentDto>; pendingSince: Date | null }> {
    let pendingSince: Date | null = null;
    const page = await this.cursors.page(tenantId, ['contact-segments', contactId], query,
      async ({ limit, after }) => {
        // What waits is read first: where a cycle commits in between, the rows are fresher than is said, and never staler.
        const [[contact], rows] = await this.database.find<[{ pending_since: string | null }, StandingRow & { segment_id: string; name: string; type: string; since: string }]>(
          tenantId, readContactWaiting(tenantId, contactId), segmentsOfContact(tenantId, contactId, limit, after === null ? null : String(after[0])));
        if (contact === undefined) throw notFound('contact', contactId);
        pendingSince = instantOrNull(contact.pending_since);
        return rows;
      },
      (row): [string] => [row.segment_id],
      (row) => ({ segmentId: row.segment_id, name: row.name, type: row.type, since: instantOf(row.since).toISOString(), ...standingView(standingFrom(row)) }));
    return { page, pendingSince };
  }

  /** Which segments a contact entered and left, newest first. */
  async historyOfContact(tenantId: string, contactId: string, query: PageQuery): Promise<Page<ContactMembershipChangeDto>> {
    return await this.cursors.page(tenantId, ['contact-history', contactId], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => {
        await this.contactMustBeKnown(tx, contactId);
        return await tx.rows<HistoryRow & { segment_id: string; name: string }>(sql`
          select h.seq, h.segment_id, s.name, h.change, h.at, h.via, h.refresh_id
          from membership_change h join segment s on s.tenant_id = ${tenantId}::uuid and s.id = h.segment_id
          where h.tenant_id = ${tenantId}::uuid and h.contact_id = ${contactId}::uuid
            ${after === null ? sql`` : sql`and h.seq < ${after[0]}::bigint`}
          order by h.seq desc limit ${limit}`);
      }),
      (row): [string] => [row.seq],
      (row) => ({
        segmentId: row.segment_id, name: row.name, change: row.change, at: instantOf(row.at).toISOString(), via: row.via, refreshId: row.refresh_id,
      }));
  }

  /** It is there, or was merged into one that is. */
  private async contactMustBeKnown(tx: TenantTransaction, contactId: string): Promise<void> {
    const merged = await tx.row(sql`select from contact_merge where tenant_id = ${tx.tenantId}::uuid and contact_id = ${contactId}::uuid`);
    if (merged === undefined) await this.contactMustExist(tx, contactId);
  }

  private async contactMustExist(tx: TenantTransaction, contactId: string): Promise<void> {
    const found = await tx.row(sql`select from contact where tenant_id = ${tx.tenantId}::uuid and id = ${contactId}::uuid`);
    if (found === undefined) throw notFound('contact', contactId);
  }
}

interface HistoryRow {
  seq: string; change: string; at: string; via: string; refresh_id: string | null;
}
