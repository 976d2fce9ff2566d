import { Injectable } from '@nestjs/common';
import { Segment, type TenantTransaction } from '#database';
import type { SegmentDefinition } from '#rules';
import { RulesEngineService } from '../../rules-engine/index.js';
import { previewMembers } from '../sql/preview.sql.js';
import type { ImportPlanDto } from './documents.dto.js';

/** Whom an import moves. */
@Injectable()
export class MovesService {
  constructor(private readonly engine: RulesEngineService) {}

  /** Fills in how many members each creation and each change of an active dynamic segment moves, once all are made. */
  async count(tx: TenantTransaction, plan: ImportPlanDto, ids: ReadonlyMap<string, string>, asOf: Date): Promise<void> {
    const vocabulary = await this.engine.vocabulary(tx);
    for (const planned of [...plan.created, ...plan.changed]) {
      const segment = await tx.em.findOneOrFail(Segment, { tenantId: tx.tenantId, id: ids.get(planned.key) ?? '' });
      if (segment.type !== 'dynamic' || segment.status !== 'active') continue;
      const ready = this.engine.ready(segment.rules as SegmentDefinition, vocabulary);
      const members = this.engine.membersSql(tx.tenantId, ready, asOf, segment.id);
      const counted = await tx.row<{ would_add: string; would_remove: string }>(previewMembers(tx.tenantId, members, 0, segment.id));
      planned.entering = Number(counted?.would_add);
      if ('leaving' in planned) planned.leaving = Number(counted?.would_remove);
    }
  }
}
