import { Injectable } from '@nestjs/common';
import { type Campaign, Database, type Sql, sql, type TenantTransaction } from '#database';
import { type InputFault, invalid, Problem } from '#kernel';
import type { SegmentDefinition, Vocabulary } from '#rules';
import { ContactsService } from '../contacts/index.js';
import { type KnownMoment, type ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import { MembershipService } from '../segments/index.js';
import { type Audience, type Source, stepsOf } from './audience.js';
import { findCampaign, isUnfinished, lockCampaign, readSettings } from './campaign-rows.js';
import { audienceMissing, notUnfinished } from './campaigns.problems.js';
import type { AudienceDto, AudiencePreviewDto } from './dto/audience.dto.js';
import { readAudience } from './read-audience.js';
import { countDecided, type Decision } from './sql/decide-audience.sql.js';
import { type Counted, waterfallOf } from './waterfall.js';

type Once<T> = () => Promise<T>;

/** What the sources of an audience are checked with, one after the other. */
interface Checking {
  readonly faults: InputFault[];
  readonly used: Set<string>;
  readonly vocabulary: Once<Vocabulary>;
  /** What stands in the present audience: a condition of it may keep a removed option. */
  readonly stored: SegmentDefinition | null;
}

/** Whom a campaign is for: said, tried, and turned into SQL. */
@Injectable()
export class AudienceService {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
    private readonly membership: MembershipService,
    private readonly contacts: ContactsService,
  ) {}

  /**
   * Says whom an unfinished campaign is for; what it names stays until the campaign is finished.
   * @throws 404, 409 where it is finished, 422 with every fault of the sources.
   */
  async set(tenantId: string, id: string, sent: AudienceDto, now: Date): Promise<Campaign> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const campaign = await lockCampaign(tx, id);
      if (!isUnfinished(campaign)) throw notUnfinished(campaign.status, 'its audience stays as it was');
      const { audience, used } = await this.check(tx, readAudience(sent), rulesWithin(campaign.audience as Audience | null));
      Object.assign(campaign, { audience, updatedAt: now });
      await tx.em.flush();
      await tx.write(sql`delete from campaign_segment where tenant_id = ${tenantId}::uuid and campaign_id = ${id}::uuid`);
      await tx.write(sql`
        insert into campaign_segment (tenant_id, campaign_id, segment_id)
        select ${tenantId}::uuid, ${id}::uuid, used from unnest(${used}::uuid[]) as used`);
      return campaign;
    });
  }

  /** Who would be sent it at this moment, step by step. Segments are evaluated by their rules, not as last refreshed. */
  async preview(tenantId: string, id: string, sampleLimit: number, now: Date, signal?: AbortSignal): Promise<AudiencePreviewDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const { audience } = await findCampaign(tx, id);
      if (audience === null) throw audienceMissing();
      const decision = await this.decision(tx, id, audience as Audience, now, 'evaluated');
      const counted = await tx.row<Counted>(countDecided(decision, sampleLimit));
      const sample = counted?.sample ?? [];
      const shown = await this.contacts.shownIn(tx, sample);
      const waterfall = waterfallOf(decision.audience, decision.steps, counted ?? { matches: [], brings: null, steps: null, sample: null });
      return { ...waterfall, asOf: now.toISOString(), sample: sample.flatMap((one) => shown.get(one) ?? []) };
    }, signal);
  }

  /**
   * The audience as what a statement decides it by, which joins the contacts that there are. Segments are `refreshed` (their stored members, after
   * `MembershipService.ensureFresh`) or `evaluated` by their rules at `now`, which writes nothing: give that a repeatable-read
   * transaction.
   */
  async decision(tx: TenantTransaction, campaignId: string, audience: Audience, now: Date, segments: 'refreshed' | 'evaluated'): Promise<Decision> {
    // Sets of contacts are hashed and sorted: with the default of 4 MB, 96,000 of them go to disk.
    await tx.giveMemory();
    const settings = await readSettings(tx);
    const vocabulary = this.vocabularyOnce(tx);
    const sql = async (sources: readonly Source[]): Promise<Sql[]> => {
      const found = [];
      for (const source of sources) found.push(await this.membersOf(tx, source, now, segments, vocabulary));
      return found;
    };
    return {
      tenantId: tx.tenantId, campaignId, audience, settings, steps: stepsOf(audience, settings), now,
      sources: {
        include: await sql(audience.include), exclude: await sql(audience.exclude),
        suppressed: await sql(settings.suppressedSegmentIds.map((segmentId) => ({ segmentId }))),
      },
    };
  }

  private async membersOf(tx: TenantTransaction, source: Source, now: Date, segments: 'refreshed' | 'evaluated', vocabulary: Once<Vocabulary>): Promise<Sql> {
    // What a snapshot knows holds for all its statements. A launch reads what is committed, statement by statement.
    const at = async (ready: ReadyRule): Promise<Date | KnownMoment> => (segments === 'evaluated' ? { ...await this.engine.known(tx, ready, now), asOf: now } : now);
    if ('rules' in source) {
      // A removed option stays good where it is stored; a field that is gone since is told as the fault that it is.
      const ready = await this.engine.check(tx, source.rules, { vocabulary: await vocabulary(), stored: source.rules as SegmentDefinition });
      return this.engine.membersSql(tx.tenantId, ready, await at(ready));
    }
    const { segmentId } = source;
    if (segments === 'refreshed') return this.membership.storedMembersOf(tx.tenantId, segmentId);
    const definition = (await vocabulary()).segments.get(segmentId)?.definition ?? null;
    if (definition === null) return this.membership.storedMembersOf(tx.tenantId, segmentId);
    const ready = this.engine.ready(definition, await vocabulary());
    return this.engine.membersSql(tx.tenantId, ready, await at(ready), segmentId);
  }

  /** Loaded for the first rules of an audience; its other sources read the same. */
  private vocabularyOnce(tx: TenantTransaction): Once<Vocabulary> {
    let loaded: Promise<Vocabulary> | null = null;
    return async () => await (loaded ??= this.engine.vocabulary(tx));
  }

  /** The audience as it is to be stored and the segments that it uses; throws the 422 with every fault, each with its place in the body. */
  private async check(tx: TenantTransaction, sent: Audience, stored: SegmentDefinition | null): Promise<{ audience: Audience; used: string[] }> {
    const faults: InputFault[] = [];
    const used = new Set<string>();
    const vocabulary = this.vocabularyOnce(tx);
    const checked = async (list: 'include' | 'exclude'): Promise<Source[]> => {
      const sources = [];
      for (const [index, source] of sent[list].entries()) sources.push(await this.checkSource(tx, source, `/${list}/${index}`, { faults, used, vocabulary, stored }));
      return sources;
    };
    const audience = { ...sent, include: await checked('include'), exclude: await checked('exclude') };
    if (faults.length > 0) throw invalid(faults);
    return { audience, used: [...used] };
  }

  private async checkSource(tx: TenantTransaction, source: Source, path: string, { faults, used, vocabulary, stored }: Checking): Promise<Source> {
    if ('segmentId' in source) {
      const fault = await usableSegment(tx, source.segmentId, `${path}/segmentId`);
      if (fault !== null) faults.push(fault);
      used.add(source.segmentId);
      return source;
    }
    try {
      const { definition, dependencies } = await this.engine.check(tx, source.rules, { vocabulary: await vocabulary(), stored });
      for (const id of dependencies.segments) used.add(id);
      return { ...source, rules: definition };
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 422) throw error;
      faults.push(...error.errors.map((fault) => ({ ...fault, path: `${path}/rules${fault.path}` })));
      return source;
    }
  }
}

/** All conditions of the rules of an audience, as if they were one definition. */
function rulesWithin(audience: Audience | null): SegmentDefinition | null {
  if (audience === null) return null;
  const rules = [...audience.include, ...audience.exclude].flatMap((source) => ('rules' in source ? [source.rules as SegmentDefinition] : []));
  return { match: 'any', groups: rules.flatMap(({ groups }) => groups), exclusions: rules.flatMap(({ exclusions = [] }) => exclusions) };
}

/** What is wrong with naming the segment as an audience; locked, so that it stays as it is until the commit. */
export async function usableSegment(tx: TenantTransaction, segmentId: string, path: string): Promise<InputFault | null> {
  const segment = await tx.row<{ status: string }>(sql`
    select status from segment where tenant_id = ${tx.tenantId}::uuid and id = ${segmentId}::uuid for share`);
  if (segment === undefined) return { path, code: 'unknown_segment', message: `There is no segment ${JSON.stringify(segmentId)}.` };
  return segment.status === 'active' ? null : { path, code: 'value_not_allowed', message: `The segment is ${segment.status}, and so no audience.` };
}
