import { Injectable } from '@nestjs/common';
import { Database, type Segment, sql, type TenantTransaction } from '#database';
import { invalid, type InputFault, parseInstant } from '#kernel';
import { appendContactChanges, ContactsService } from '../contacts/index.js';
import { Wake } from '../queues/index.js';
import { RulesEngineService } from '../rules-engine/index.js';
import type { SegmentDefinition } from '#rules';
import type { OverrideDto } from './dto/members.dto.js';
import { lockSegment } from './find-segment.js';
import { notDynamic } from './segments.problems.js';
import { applyPins, storeOverrides } from './sql/overrides.sql.js';

interface Resolved extends OverrideDto {
  id: string;
}

/** Pins of contacts in or out of a dynamic segment, whatever its rules say. */
@Injectable()
export class OverridesService {
  constructor(
    private readonly database: Database,
    private readonly contacts: ContactsService,
    private readonly engine: RulesEngineService,
    private readonly wake: Wake,
  ) {}

  /** Sets the overrides named; membership follows at once. How many are other than before. */
  async set(tenantId: string, segmentId: string, overrides: readonly OverrideDto[], by: string, now: Date): Promise<number> {
    const changed = await this.database.inTenant(tenantId, async (tx) => {
      const segment = await lockSegment(tx, segmentId);
      if (segment.type !== 'dynamic') throw notDynamic('pins go with rules');
      const resolved = await this.resolve(tx, overrides);
      const touched = await tx.rows<{ contact_id: string }>(storeOverrides(tenantId, segmentId, resolved.map((one) => ({
        contactId: one.id, pin: one.pin, reason: one.reason ?? null, until: toTheMillisecond(one.until),
      })), by, now));
      if (touched.length > 0) {
        const ids = touched.map((row) => row.contact_id);
        await appendContactChanges(tx, sql`select unnest(${ids}::uuid[])`, now);
        if (segment.status === 'active') await this.follow(tx, segment, ids, by, now);
      }
      return touched.length;
    });
    this.wake.tenant(tenantId);
    return changed;
  }

  /** The contacts named are in or out from now on, by their pins or, unpinned, by the rules. */
  private async follow(tx: TenantTransaction, segment: Segment, contactIds: string[], by: string, now: Date): Promise<void> {
    const ready = await this.engine.readyIn(tx, segment.rules as SegmentDefinition);
    const candidates = sql`select unnest(${contactIds}::uuid[]) as contact_id`;
    await tx.rows(applyPins({
      tenantId: tx.tenantId, segmentId: segment.id, candidates, by, at: now,
      shouldBe: this.engine.membersSql(tx.tenantId, ready, now, segment.id, candidates),
    }));
  }

  private async resolve(tx: TenantTransaction, overrides: readonly OverrideDto[]): Promise<Resolved[]> {
    const faults: InputFault[] = [];
    overrides.forEach((one, index) => {
      if ((one.contactId === undefined) === (one.email === undefined)) {
        faults.push({ path: `/overrides/${index}`, code: 'shape_invalid', message: 'An override names its contact by contactId or by email.' });
      }
    });
    const found = await this.contacts.resolveIds(tx, {
      contactIds: overrides.map((one) => one.contactId ?? ''), emails: overrides.map((one) => one.email ?? ''),
    });
    const byId = new Map<string, Resolved>();
    overrides.forEach((one, index) => {
      const id = one.contactId === undefined ? found.emails[index] : found.contactIds[index];
      if (id === null || id === undefined) {
        faults.push({ path: `/overrides/${index}/${one.contactId === undefined ? 'email' : 'contactId'}`, code: 'unknown_contact', message: 'There is no such contact.' });
      } else if (byId.has(id)) {
        faults.push({ path: `/overrides/${index}`, code: 'value_invalid', message: 'The contact is named twice.' });
      } else {
        byId.set(id, { ...one, id });
      }
    });
    if (faults.length > 0) throw invalid(faults);
    return [...byId.values()];
  }
}

/** As every instant here: PostgreSQL would keep microseconds. */
function toTheMillisecond(instant: string | null | undefined): string | null {
  const at = parseInstant(instant ?? '');
  return at === null ? null : new Date(at).toISOString();
}
