import { Injectable } from '@nestjs/common';
import { Database, longStatementMs, Segment, type SegmentStatus, sql, type TenantTransaction, type TransactionOptions } from '#database';
import { newId } from '#kernel';
import type { SegmentDefinition } from '#rules';
import { appendMeaningChange } from '../contacts/index.js';
import type { Page, PageQuery } from '../http/index.js';
import { Wake } from '../queues/index.js';
import { type CheckedRule, RulesEngineService } from '../rules-engine/index.js';
import { CursorsService, objectErased, type Once, onlyOnce, type PageRequest } from '../tenancy/index.js';
import type { CreateSegmentDto, SegmentDto, SegmentsQuery, UpdateSegmentDto } from './dto/segment.dto.js';
import { findSegment, lockSegment } from './find-segment.js';
import { keepEdit, mustMatch } from './segment-edits.js';
import type { IfMatch } from './segment-etag.js';
import { isReferredTo, keepLinks } from './segment-links.js';
import { cancelRefreshes, queueRefresh } from './refresh-queue.js';
import { segmentDto, type SegmentRow } from './segment-view.js';
import { dependentsOf, pageOfDependents } from './sql/dependents.sql.js';
import { readSegments, type segmentOrders } from './sql/read-segments.sql.js';
import {
  type Dependent, membersNotAllowed, rulesMissing, rulesNotAllowed, segmentInUse, segmentNotFound, versionNotFound,
} from './segments.problems.js';
import { StaticMembersService } from './static-members.service.js';

/** Segments: made, read, changed and deleted. Who is in them is `MembershipService`'s. */
@Injectable()
export class SegmentsService {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
    private readonly cursors: CursorsService,
    private readonly staticMembers: StaticMembersService,
    private readonly wake: Wake,
  ) {}

  /** Makes a segment. A dynamic one is refreshed at once in the background. */
  async create(tenantId: string, wanted: CreateSegmentDto, by: string, now: Date, once: Once = null): Promise<SegmentDto> {
    return await this.makeOnce(tenantId, once, now, async (tx) => await this.createIn(tx, wanted, by, now));
  }

  /** Runs what makes a segment, once per key, and shows the segment; of a repetition the first one as it is now. */
  async makeOnce(
    tenantId: string, once: Once, now: Date, make: (tx: TenantTransaction) => Promise<string>, options: TransactionOptions = {},
  ): Promise<SegmentDto> {
    const made = await this.database.inTenant(tenantId, async (tx) => await this.find(tx, await onlyOnce(tx, once, now, async () => await make(tx))), options);
    if (made === undefined) throw objectErased();
    this.wake.tenant(tenantId);
    return made;
  }

  /** The same inside a transaction of the caller, who rings after it. */
  async createIn(tx: TenantTransaction, wanted: CreateSegmentDto, by: string, now: Date, stored: SegmentDefinition | null = null, id = newId()): Promise<string> {
    const status = wanted.status ?? 'active';
    const segment = Object.assign(new Segment(), {
      tenantId: tx.tenantId, id, name: wanted.name, description: wanted.description ?? null, type: wanted.type, status,
      workspaceId: wanted.workspaceId ?? null, notes: wanted.notes ?? null, owner: wanted.owner ?? null, labels: wanted.labels ?? [], createdBy: by, createdAt: now, updatedAt: now,
    });
    const checked = await this.checkContent(tx, wanted, stored);
    if (checked !== null) Object.assign(segment, { rules: checked.definition, ruleText: checked.description });
    await tx.em.persist(segment).flush();
    await tx.write(sql`
      insert into segment_state (tenant_id, segment_id, owed, at)
      values (${tx.tenantId}::uuid, ${segment.id}::uuid, ${wanted.type === 'dynamic' ? 'full' : 'nothing'}, 'infinity')`);
    await keepEdit(tx, segment, checked === null ? [] : ['rules'], by, now);
    if (checked !== null) {
      await keepLinks(tx, segment.id, checked);
      if (status === 'active') await queueRefresh(tx, segment.id, 'auto', now);
    } else {
      await this.staticMembers.addIn(tx, segment.id, wanted, by, now);
    }
    return segment.id;
  }

  async get(tenantId: string, id: string): Promise<SegmentDto> {
    const found = await this.database.inTenant(tenantId, async (tx) => await this.find(tx, id));
    if (found === undefined) throw segmentNotFound(id);
    return found;
  }

  async list(tenantId: string, { limit, cursor, sort = 'id', ...filter }: SegmentsQuery): Promise<Page<SegmentDto>> {
    const descending = sort.startsWith('-');
    const key = (descending ? sort.slice(1) : sort) as keyof typeof segmentOrders;
    return await this.cursors.page(tenantId, ['segments', sort, filter], { ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) },
      async (page) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<SegmentRow>(
        readSegments(tenantId, filter, { key, descending }, page as { limit: number; after: [string, string] | null }))),
      (row): [string, string] => [row.position, row.id], segmentDto);
  }

  /** Changes a segment. New rules count up `rulesVersion` and are refreshed at once. */
  async update(tenantId: string, id: string, change: UpdateSegmentDto, by: string, now: Date, ifMatch: IfMatch = null): Promise<SegmentDto> {
    return await this.edit(tenantId, id, ifMatch, now, async (tx, segment) => {
      if (change.status === 'draft' && segment.status === 'active') await mustBeUnused(tx, segment.id, 'made a draft');
      return await this.changeIn(tx, segment, change, by, now);
    });
  }

  /** Brings the rules of an earlier version back, as a new version. */
  async restore(tenantId: string, id: string, version: number, by: string, now: Date, ifMatch: IfMatch = null): Promise<SegmentDto> {
    return await this.edit(tenantId, id, ifMatch, now, async (tx, segment) => {
      const earlier = await tx.row<{ rules: SegmentDefinition }>(sql`
        select rules from segment_edit
        where tenant_id = ${tenantId}::uuid and segment_id = ${segment.id}::uuid and rules_version = ${version} and rules is not null`);
      if (earlier === undefined) throw versionNotFound(version);
      return await this.changeIn(tx, segment, earlier, by, now, earlier.rules);
    });
  }

  /** Changes a segment in the caller's transaction, who rings after it; the names of what is other than before. */
  async changeIn(
    tx: TenantTransaction, segment: Segment, change: SegmentChange, by: string, now: Date, stored = segment.rules as SegmentDefinition | null,
  ): Promise<string[]> {
    const { rules, status, ...plain } = change;
    const changed = assignPlain(segment, plain);
    if (rules !== undefined && await this.changeRules(tx, segment, rules, stored, now)) changed.push('rules');
    if (status !== undefined && status !== segment.status) {
      segment.status = status;
      changed.push('status');
    }
    if (changed.length === 0) return [];
    Object.assign(segment, { updatedAt: now, revision: segment.revision + 1 });
    await tx.em.flush();
    await keepEdit(tx, segment, changed, by, now);
    // Those that refer to it are stale from now on, not only once a cycle has seen that their rules mean something else.
    if (changed.includes('rules') && await isReferredTo(tx, segment.id)) await appendMeaningChange(tx, segment.id, now);
    if (isToRefresh(changed) && segment.type === 'dynamic') {
      if (segment.status === 'active') await queueRefresh(tx, segment.id, 'auto', now);
      else await cancelRefreshes(tx, segment.id, ['queued', 'running'], now);
    }
    return changed;
  }

  private async edit(
    tenantId: string, id: string, ifMatch: IfMatch, now: Date, apply: (tx: TenantTransaction, segment: Segment) => Promise<string[]>,
  ): Promise<SegmentDto> {
    const { changed, rings } = await this.database.inTenant(tenantId, async (tx) => {
      const segment = await lockSegment(tx, id);
      await mustMatch(tx, segment, ifMatch);
      const rings = isToRefresh(await apply(tx, segment));
      // A request to change leaves its time, be nothing other than before.
      segment.updatedAt = now;
      await tx.em.flush();
      return { changed: await this.find(tx, id), rings };
    });
    if (changed === undefined) throw segmentNotFound(id);
    if (rings) this.wake.tenant(tenantId);
    return changed;
  }

  /** Deletes a segment with its members and history; refused while another segment's rules name it. */
  async delete(tenantId: string, id: string, ifMatch: IfMatch = null): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      await mustMatch(tx, await lockSegment(tx, id), ifMatch);
      const dependents = await tx.rows<Dependent>(dependentsOf(tenantId, id, 'any'));
      if (dependents.length > 0) throw segmentInUse('deleted', dependents);
      await tx.write(sql`delete from segment where tenant_id = ${tenantId}::uuid and id = ${id}::uuid`);
    }, { statementTimeoutMs: longStatementMs });
  }

  /** What uses the segment, in the order of the ids. */
  async dependents(tenantId: string, id: string, query: PageQuery): Promise<Page<Dependent>> {
    return await this.cursors.page(tenantId, ['dependents', id.toLowerCase()], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.database.inTenant(tenantId, async (tx) => {
        await findSegment(tx, id);
        return await tx.rows<Dependent>(pageOfDependents(tenantId, id, { limit, after: after?.[0] ?? null }));
      }, { readOnly: true }),
      (row): [string] => [row.id], (row) => row);
  }

  private async find(tx: TenantTransaction, id: string): Promise<SegmentDto | undefined> {
    const row = await tx.row<SegmentRow>(readSegments(tx.tenantId, { ids: [id] }));
    return row === undefined ? undefined : segmentDto(row);
  }

  private async checkContent(tx: TenantTransaction, wanted: CreateSegmentDto, stored: SegmentDefinition | null): Promise<CheckedRule | null> {
    if (wanted.type === 'static') {
      if (wanted.rules !== undefined) throw rulesNotAllowed();
      return null;
    }
    if (wanted.contactIds !== undefined) throw membersNotAllowed('/contactIds');
    if (wanted.emails !== undefined) throw membersNotAllowed('/emails');
    if (wanted.rules === undefined) throw rulesMissing();
    await lockReferences(tx);
    return await this.engine.check(tx, wanted.rules, { stored });
  }

  /** Takes rules that are other than the present ones; whether they are. */
  private async changeRules(tx: TenantTransaction, segment: Segment, rules: unknown, stored: SegmentDefinition | null, now: Date): Promise<boolean> {
    if (segment.type === 'static') throw rulesNotAllowed();
    await lockReferences(tx);
    const checked = await this.engine.check(tx, rules, { self: segment.id, stored });
    const compared = await tx.row<{ differ: boolean }>(sql`
      select rules is distinct from ${JSON.stringify(checked.definition)}::jsonb as differ from segment
      where tenant_id = ${tx.tenantId}::uuid and id = ${segment.id}::uuid`);
    if (compared?.differ !== true) return false;
    Object.assign(segment, { rules: checked.definition, ruleText: checked.description, rulesVersion: segment.rulesVersion + 1 });
    await keepLinks(tx, segment.id, checked);
    await cancelRefreshes(tx, segment.id, ['running'], now);
    return true;
  }
}

/** What may change of a segment. */
export type SegmentChange = Omit<UpdateSegmentDto, 'status'> & { status?: SegmentStatus };

function isToRefresh(changed: readonly string[]): boolean {
  return changed.includes('rules') || changed.includes('status');
}

type PlainChange = Omit<UpdateSegmentDto, 'rules' | 'status'>;

/** Takes what is given of the plain properties; the names of those that differ. */
function assignPlain(segment: Segment, plain: PlainChange): string[] {
  const before = segment as unknown as Readonly<Record<string, unknown>>;
  const given = Object.entries(plain).filter(([name, value]) => value !== undefined && JSON.stringify(before[name]) !== JSON.stringify(value));
  Object.assign(segment, Object.fromEntries(given));
  return given.map(([name]) => name);
}

/** A segment that is no longer refreshed is refused to those who use it: active segments, unfinished campaigns, the settings. */
export async function mustBeUnused(tx: TenantTransaction, id: string, verb: 'archived' | 'made a draft'): Promise<void> {
  const dependents = await tx.rows<Dependent>(dependentsOf(tx.tenantId, id, 'active'));
  if (dependents.length > 0) throw segmentInUse(verb, dependents);
}

/** One edit of rules of a tenant at a time: two that see each other's old rules could close a cycle together. */
export async function lockReferences(tx: TenantTransaction): Promise<void> {
  await tx.rows(sql`select pg_advisory_xact_lock(hashtext('segment rules'), hashtext(${tx.tenantId}))`);
}
