import { Injectable } from '@nestjs/common';
import { type Campaign, Database, longStatementMs, sql, type TenantTransaction } from '#database';
import { parseInstant, Problem } from '#kernel';
import { MembershipService, segmentsNotFresh } from '../segments/index.js';
import { type Once, onlyOnce } from '../tenancy/index.js';
import { type Audience, segmentsNamed } from './audience.js';
import { AudienceService } from './audience.service.js';
import { findCampaign, isUnfinished, letSegmentsGo, lockCampaign, readSettings } from './campaign-rows.js';
import { audienceDrifted, audienceMissing, notUnfinished, stillScheduled } from './campaigns.problems.js';
import { freezeDecided } from './sql/decide-audience.sql.js';
import { type Counted, waterfallOf } from './waterfall.js';

export interface Expectation {
  readonly final: number;
  readonly tolerancePercent?: number;
}

export interface Launch {
  readonly expect?: Expectation;
  /** When; at once where it is absent or past. */
  readonly at?: Date;
  /** A local time of each contact instead, `YYYY-MM-DDTHH:MM[:SS]`. */
  readonly local?: string;
}

/** The first zone in which a local time comes is 14 hours ahead of UTC. */
const firstZoneMs = 14 * 3_600_000;
/** The audience may be changed while its segments are refreshed: then those of the new one are. */
const attempts = 3;

/** Between the refresh and the launch somebody changed the audience: what it is now is made fresh first. */
class AudienceChanged extends Error {}

/** Launches: now or later, once, over an audience that is frozen in one statement. */
@Injectable()
export class LaunchService {
  constructor(
    private readonly database: Database,
    private readonly audiences: AudienceService,
    private readonly membership: MembershipService,
  ) {}

  /**
   * Launches a campaign, or schedules its launch. A repetition answers with the launched campaign and changes nothing.
   * @throws 409 where it has no audience, is cancelled, or its audience drifted beyond `expect`; 503 where its segments
   * cannot be made fresh in time. Nothing is launched then.
   */
  async launch(tenantId: string, id: string, wanted: Launch, now: Date, once: Once = null): Promise<Campaign> {
    for (let attempt = 1; ; attempt += 1) {
      const fresh = await this.makeFresh(tenantId, id, launchTime(wanted) ?? now, now);
      try {
        return await this.database.inTenant(tenantId, async (tx) => {
          await onlyOnce(tx, once, now, async () => { await this.launchIn(tx, id, wanted, now, fresh); return id.toLowerCase(); });
          return await findCampaign(tx, id);
        }, { statementTimeoutMs: longStatementMs });
      } catch (error) {
        if (!(error instanceof AudienceChanged)) throw error;
        if (attempt === attempts) throw segmentsNotFresh();
      }
    }
  }

  /** Launches what was scheduled and is due. One that may not be launched is a draft again and says why. */
  async launchDue(tenantId: string, id: string, now: Date): Promise<void> {
    const due = await this.database.inTenant(tenantId, async (tx) => {
      return await tx.row<{ expect: Expectation | null; local: string | null }>(sql`
        select expect, send_local as local from campaign
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'scheduled' and launch_at <= ${now}::timestamptz`);
    }, { readOnly: true });
    if (due === undefined) return;
    try {
      await this.launch(tenantId, id, { ...(due.expect === null ? {} : { expect: due.expect }), ...(due.local === null ? {} : { local: due.local }) }, now);
    } catch (error) {
      // What passes by itself is tried again by the queue.
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      const reason = error.detail;
      await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
        update campaign set status = 'draft', launch_error = ${reason}, launch_at = null, send_local = null, expect = null, updated_at = ${now}::timestamptz
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'scheduled' and launch_at <= ${now}::timestamptz`));
    }
  }

  /** Takes back a draft or a scheduled launch for good. What is launched is out. */
  async cancel(tenantId: string, id: string, now: Date): Promise<Campaign> {
    return await this.finish(tenantId, id, 'cancelled', now, (campaign) => {
      if (!isUnfinished(campaign)) throw notUnfinished(campaign.status, 'there is nothing left to cancel');
    });
  }

  /** Puts a campaign away; its recipients and its report stay. */
  async archive(tenantId: string, id: string, now: Date): Promise<Campaign> {
    return await this.finish(tenantId, id, 'archived', now, (campaign) => {
      if (campaign.status === 'scheduled') throw stillScheduled();
    });
  }

  private async finish(tenantId: string, id: string, status: 'cancelled' | 'archived', now: Date, may: (campaign: Campaign) => void): Promise<Campaign> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const campaign = await lockCampaign(tx, id);
      if (campaign.status === status) return campaign;
      may(campaign);
      Object.assign(campaign, { status, updatedAt: now });
      await tx.em.flush();
      await letSegmentsGo(tx, id);
      return campaign;
    });
  }

  /** Refreshes what the audience names; the ids. Nothing where there is nothing to launch at this moment. */
  private async makeFresh(tenantId: string, id: string, at: Date, now: Date): Promise<ReadonlySet<string>> {
    const named = await this.database.inTenant(tenantId, async (tx) => {
      const campaign = await findCampaign(tx, id);
      if (campaign.audience === null || !isUnfinished(campaign) || at > now) return [];
      return segmentsNamed(campaign.audience as Audience, await readSettings(tx));
    }, { readOnly: true });
    await this.membership.ensureFresh(tenantId, named, now);
    return new Set(named);
  }

  /** The launch itself, or its scheduling; throws `AudienceChanged` where a segment that it names was not made fresh. */
  private async launchIn(tx: TenantTransaction, id: string, wanted: Launch, now: Date, fresh: ReadonlySet<string>): Promise<void> {
    // One launch of a tenant at a time: two that do not see each other would pass a frequency cap together.
    await tx.rows(sql`select pg_advisory_xact_lock(hashtext('campaign launch'), hashtext(${tx.tenantId}))`);
    const campaign = await lockCampaign(tx, id);
    if (campaign.launchedAt !== null) return;
    if (!isUnfinished(campaign)) throw notUnfinished(campaign.status, 'it cannot be launched');
    if (campaign.audience === null) throw audienceMissing();
    const audience = campaign.audience as Audience;
    const at = launchTime(wanted);
    const sendLocal = wanted.local === undefined ? null : toTheSecond(wanted.local);
    Object.assign(campaign, { launchAt: at ?? now, sendLocal, expect: wanted.expect ?? null, launchError: null, updatedAt: now });
    if (at !== null && at > now) {
      Object.assign(campaign, { status: 'scheduled' });
      await tx.em.flush();
      return;
    }
    if (segmentsNamed(audience, await readSettings(tx)).some((segment) => !fresh.has(segment))) throw new AudienceChanged();
    const decision = await this.audiences.decision(tx, id, audience, now, 'refreshed');
    const counted = await tx.row<Counted>(freezeDecided(decision, { at: now, local: sendLocal }));
    if (counted === undefined) throw new Error('a count answers one row');
    const waterfall = waterfallOf(audience, decision.steps, counted);
    refuseDrift(waterfall.final, wanted.expect);
    Object.assign(campaign, { status: 'launched', launchedAt: now, waterfall });
    await tx.em.flush();
    await letSegmentsGo(tx, id);
  }
}

/** When the recipients are to be frozen; null: at once. */
function launchTime({ at, local }: Launch): Date | null {
  if (local === undefined) return at ?? null;
  const moment = parseInstant(`${toTheSecond(local)}Z`);
  return moment === null ? null : new Date(moment - firstZoneMs);
}

/** A local time that was written without seconds, with them. */
export function toTheSecond(local: string): string {
  return local.length === 16 ? `${local}:00` : local;
}

function refuseDrift(final: number, expected: Expectation | undefined): void {
  if (expected === undefined) return;
  const { final: wanted, tolerancePercent = 0 } = expected;
  if (Math.abs(final - wanted) * 100 > wanted * tolerancePercent) throw audienceDrifted(final, wanted, tolerancePercent);
}
