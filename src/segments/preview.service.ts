import { Injectable } from '@nestjs/common';
import { Database, type Segment, sql, type TenantTransaction } from '#database';
import { notFound } from '#kernel';
import type { SegmentDefinition } from '#rules';
import { type ContactDto, ContactsService } from '../contacts/index.js';
import { type KnownMoment, type ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import type { BreakdownDto, ExplanationDto, PreviewDto, PreviewResultDto } from './dto/preview.dto.js';
import { estimate } from './estimate.js';
import { findSegment } from './find-segment.js';
import { type Dependent, notDynamic } from './segments.problems.js';
import { standingOf, standingView } from './standing.js';
import { followersOf } from './sql/dependents.sql.js';
import { previewMembers } from './sql/preview.sql.js';

interface Counted {
  count: string;
  would_add: string;
  would_remove: string;
  sample: string[] | null;
  entering: string[] | null;
  leaving: string[] | null;
}

/** Rules tried without writing anything, and membership explained. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
    private readonly contacts: ContactsService,
  ) {}

  /**
   * Who would match: the count, a sample, and with `segmentId` the difference to its present members. Estimated only where
   * nothing was asked for that needs everybody to be looked at. Ended where `signal` is aborted.
   */
  async preview(tenantId: string, wanted: PreviewDto, now: Date, signal?: AbortSignal): Promise<PreviewResultDto> {
    const started = performance.now();
    const asOf = wanted.asOf === undefined ? now : new Date(wanted.asOf);
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const segment = wanted.segmentId === undefined ? null : await findSegment(tx, wanted.segmentId);
      const ready = await this.engine.check(tx, wanted.rules, segment === null ? {} : { self: segment.id, stored: segment.rules as SegmentDefinition | null });
      const moment = { ...await this.engine.known(tx, ready, asOf), asOf };
      const answer = async (): Promise<Omit<PreviewResultDto, 'asOf' | 'tookMs'>> => {
        if (segment === null && wanted.exact !== true && wanted.breakdown !== true) {
          const estimated = await this.estimate(tx, ready, moment, wanted);
          if (estimated !== null) return estimated;
        }
        return await this.count(tx, ready, moment, wanted, segment);
      };
      const found = await answer();
      return { ...found, asOf: asOf.toISOString(), tookMs: Math.round(performance.now() - started) };
    }, signal);
  }

  private async estimate(tx: TenantTransaction, ready: ReadyRule, moment: KnownMoment, { sampleLimit = 10 }: PreviewDto) {
    const estimated = await estimate(tx, {
      membersOf: (candidates) => this.engine.membersSql(tx.tenantId, ready, moment, undefined, candidates), sampleLimit, ofCampaigns: (moment.spellings?.size ?? 0) > 0,
    });
    return estimated === null ? null : { ...estimated, exact: false, sample: inOrder(estimated.sample, await this.contacts.shownIn(tx, estimated.sample)) };
  }

  private async count(tx: TenantTransaction, ready: ReadyRule, moment: KnownMoment, { sampleLimit = 10, breakdown }: PreviewDto, segment: Segment | null) {
    const { tenantId } = tx;
    const overridesOf = segment?.type === 'dynamic' ? segment.id : undefined;
    const members = this.engine.membersSql(tenantId, ready, moment, overridesOf);
    const counted = await tx.row<Counted>(previewMembers(tenantId, members, sampleLimit, segment?.id ?? null));
    const [sample, entering, leaving] = [counted?.sample ?? [], counted?.entering ?? [], counted?.leaving ?? []];
    const shown = await this.contacts.shownIn(tx, [...sample, ...entering, ...leaving]);
    return {
      count: Number(counted?.count), exact: true, sample: inOrder(sample, shown),
      ...(segment === null ? {} : {
        against: standingView(await standingOf(tx, segment.id)), wouldAdd: Number(counted?.would_add), wouldRemove: Number(counted?.would_remove),
        entering: inOrder(entering, shown), leaving: inOrder(leaving, shown),
        touches: await tx.rows<Dependent>(followersOf(tenantId, segment.id)),
      }),
      ...(breakdown === true ? { breakdown: await this.engine.breakdown(tx, ready, moment, overridesOf) as BreakdownDto } : {}),
    };
  }

  /** Why a contact is, or is not, a member of a segment at this moment. */
  async explain(tenantId: string, segmentId: string, contactId: string, asOf: Date): Promise<ExplanationDto> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const segment = await findSegment(tx, segmentId);
      if (segment.type !== 'dynamic') throw notDynamic('there is nothing to explain but its list');
      const ready = await this.engine.readyIn(tx, segment.rules as SegmentDefinition);
      const explained = await this.engine.explain(tx, ready, contactId, asOf);
      if (explained === null) throw notFound('contact', contactId);
      const pinned = await tx.row<{ pin: 'in' | 'out' }>(sql`
        select pin from segment_override where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid
          and contact_id = ${contactId}::uuid and (until is null or until > ${asOf}::timestamptz)`);
      return {
        contactId: contactId.toLowerCase(), asOf: asOf.toISOString(), matches: pinned === undefined ? explained.matches : pinned.pin === 'in',
        ...(pinned === undefined ? {} : { override: pinned.pin }),
        groups: [...explained.groups], exclusions: [...explained.exclusions],
      };
    }, { isolation: 'repeatable read', readOnly: true });
  }
}

/** Members whose contact is gone are not shown. */
function inOrder(ids: readonly string[], shown: ReadonlyMap<string, ContactDto>): ContactDto[] {
  return ids.flatMap((id) => shown.get(id) ?? []);
}
