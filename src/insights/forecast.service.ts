import { Injectable } from '@nestjs/common';
import { Database, type TenantTransaction } from '#database';
import type { SegmentDefinition } from '#rules';
import { RulesEngineService } from '../rules-engine/index.js';
import { findSegment, MembershipService } from '../segments/index.js';
import { momentsOf, readStep } from './backtest-step.js';
import type { BacktestDto, BacktestResultDto } from './dto/backtest.dto.js';
import type { ForecastDto } from './dto/forecast.dto.js';
import { sizesAt, type SizeAt } from './sizes.js';
import { countMembers } from './sql/size-step.sql.js';

const dayMs = 86_400_000;

/** The sizes that rules have at other moments than this one: those to come, and those that were. */
@Injectable()
export class ForecastService {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
    private readonly membership: MembershipService,
  ) {}

  /**
   * The size now and on each coming day, if nothing but time changes: what a preview of the segment at that moment would
   * count. A static list stays as it is.
   */
  async forecast(tenantId: string, segmentId: string, days: number, now: Date, signal?: AbortSignal): Promise<ForecastDto> {
    const moments = Array.from({ length: days + 1 }, (_, day) => new Date(now.getTime() + day * dayMs));
    const sizes = await this.database.inSnapshot(tenantId, async (tx) => await this.sizesOf(tx, segmentId, moments), signal);
    const [today, ...coming] = sizes;
    return {
      segmentId, asOf: now.toISOString(), size: today?.size ?? 0,
      items: coming.map(({ asOf, size, entries, exits }, index) => ({
        day: index + 1, date: asOf.toISOString().slice(0, 10), asOf: asOf.toISOString(), size, entries, exits,
      })),
    };
  }

  /** Size, entries and exits at each step, as if the rules had been there: with the events of then and the fields of now. */
  async backtest(tenantId: string, wanted: BacktestDto, signal?: AbortSignal): Promise<BacktestResultDto> {
    const moments = momentsOf(wanted.from, wanted.to, readStep(wanted.step));
    const sizes = await this.database.inSnapshot(tenantId, async (tx) => {
      const checked = await this.engine.check(tx, wanted.rules);
      return await sizesAt(tx, this.engine, checked, null, moments);
    }, signal);
    return { items: sizes.map(({ asOf, ...rest }) => ({ asOf: asOf.toISOString(), ...rest })) };
  }

  private async sizesOf(tx: TenantTransaction, segmentId: string, moments: readonly Date[]): Promise<SizeAt[]> {
    const segment = await findSegment(tx, segmentId);
    if (segment.type === 'static') {
      const counted = await tx.row<{ size: string }>(countMembers(this.membership.membersOf(tx.tenantId, [segment.id])));
      return moments.map((asOf) => ({ asOf, size: Number(counted?.size), entries: 0, exits: 0 }));
    }
    const ready = await this.engine.readyIn(tx, segment.rules as SegmentDefinition);
    return await sizesAt(tx, this.engine, ready, segment.id, moments);
  }
}
