import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Database, type SegmentStatus, type SegmentType, sql, type TenantTransaction } from '#database';
import { type InputFault, invalid, newId, Problem } from '#kernel';
import { Wake } from '../../queues/index.js';
import { type Once, onlyOnce } from '../../tenancy/index.js';
import { findSegment, lockSegment } from '../find-segment.js';
import { type Dependent, segmentInUse } from '../segments.problems.js';
import { lockReferences, SegmentsService } from '../segments.service.js';
import { dependentsOf } from '../sql/dependents.sql.js';
import type { ImportPlanDto, SegmentDocumentDto, SegmentDocumentsDto } from './documents.dto.js';
import { MovesService } from './moves.service.js';
import { afterTheirNeeds, keysOf, namesIn, renameSegments } from './references-by-key.js';

interface Stored {
  id: string; name: string; type: SegmentType; status: SegmentStatus; description: string | null; notes: string | null; owner: string | null;
  workspace_id: string | null; labels: string[]; rules: object | null;
}

/** A document with where it stands in the body and which segment it is, or will be. */
interface Wanted {
  readonly index: number;
  readonly key: string;
  readonly id: string;
  readonly known: boolean;
  readonly document: SegmentDocumentDto;
}

/** Ends the transaction of a dry run, so that nothing of it stays: what is told is what would have been done. */
class DryRun extends Error {
  constructor(readonly plan: ImportPlanDto) {
    super('a dry run leaves nothing');
  }
}

/** Definitions of segments as documents, to be kept in files and brought to another tenant. */
@Injectable()
export class DefinitionsService {
  constructor(
    private readonly database: Database,
    private readonly segments: SegmentsService,
    private readonly moves: MovesService,
    private readonly wake: Wake,
  ) {}

  /** All definitions, or those with a label, in an order that stays. */
  async export(tenantId: string, label: string | undefined): Promise<SegmentDocumentsDto> {
    const stored = await this.database.inTenant(tenantId, readStored, { readOnly: true });
    const keys = keysOf(stored);
    const documents = stored.filter(({ labels }) => label === undefined || labels.includes(label)).map((segment) => documentOf(segment, keys));
    return { version: 1, segments: documents.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) };
  }

  /**
   * Makes or changes segments until they are as the documents say, all of them or none. A segment is found by its key; a
   * property that is left out stays. A dry run does the same and takes it back. A repetition with the same key does nothing,
   * whatever became of the segments since. A dry run, and nothing else, is ended where the signal is aborted.
   */
  async import(
    tenantId: string, { segments: documents }: SegmentDocumentsDto, { dryRun, signal }: { dryRun: boolean; signal: AbortSignal }, by: string, now: Date, once: Once = null,
  ): Promise<ImportPlanDto> {
    try {
      const plan = await this.database.inTenant(tenantId, async (tx) => {
        const plans: ImportPlanDto[] = [];
        await onlyOnce(tx, dryRun ? null : once, now, async () => {
          const plan = await this.importIn(tx, documents, dryRun, by, now);
          if (dryRun) throw new DryRun(plan);
          if (plan.faults.length > 0) throw invalid(plan.faults);
          plans.push(plan);
          return newId();
        });
        return plans[0] ?? await nothingToDo(tx, documents);
        // Whom each change moves is counted by its rules.
      }, dryRun ? { use: 'question', signal } : {});
      this.wake.tenant(tenantId);
      return plan;
    } catch (error) {
      if (error instanceof DryRun) return error.plan;
      throw error;
    }
  }

  private async importIn(tx: TenantTransaction, documents: readonly SegmentDocumentDto[], dryRun: boolean, by: string, now: Date): Promise<ImportPlanDto> {
    await lockReferences(tx);
    const stored = await readStored(tx);
    const ids = new Map([...keysOf(stored)].map(([id, key]) => [key, id]));
    const plan: ImportPlanDto = { dryRun, created: [], changed: [], unchanged: [], faults: [] };
    const wanted = identify(documents, ids, plan.faults);
    for (const { key, id } of wanted) ids.set(key, id);
    const byKey = new Map(wanted.map((one) => [one.key, one]));
    const needs = ({ document }: Wanted): Wanted[] => [...namesIn(document.rules ?? {})].flatMap((key) => byKey.get(key) ?? []);
    const failed = new Set<Wanted>();
    for (const one of afterTheirNeeds(wanted, needs)) {
      // What is wrong with what it names is told there.
      if (needs(one).some((needed) => failed.has(needed))) { failed.add(one); continue; }
      const faults = await this.apply(tx, one, ids, plan, by, now);
      if (faults.length > 0) failed.add(one);
      plan.faults.push(...faults);
    }
    const moved = new Set(plan.changed.filter(({ changed }) => changed.includes('status')).map(({ key }) => key));
    const active = new Set(stored.filter(({ status }) => status === 'active').map(({ id }) => id));
    const hidden = wanted.filter(({ key, id, document: { status } }) => moved.has(key) && (status === 'archived' || (status === 'draft' && active.has(id))));
    await this.mustNotHideWhatIsUsed(tx, hidden, plan.faults);
    if (dryRun) await this.moves.count(tx, plan, new Map(wanted.map(({ key, id }) => [key, id])), now);
    return inOrder(plan, wanted);
  }

  private async apply(tx: TenantTransaction, one: Wanted, ids: ReadonlyMap<string, string>, plan: ImportPlanDto, by: string, now: Date): Promise<InputFault[]> {
    const at = `/segments/${one.index}`;
    const { key: _key, rules: named, status, type, ...plain } = one.document;
    const { rules, unknown } = named === undefined ? { rules: undefined, unknown: [] } : renameSegments(named, (key) => ids.get(key));
    if (unknown.length > 0) {
      return unknown.map(({ path, names }) => ({ path: `${at}/rules${path}`, code: 'unknown_segment', message: `There is no segment ${JSON.stringify(names)}, nor a document of one.` }));
    }
    const content = { ...plain, ...(rules === undefined ? {} : { rules }) };
    try {
      if (!one.known) {
        // One that is archived comes in as a draft: it is not refreshed.
        await this.segments.createIn(tx, { ...content, type, status: status === 'archived' ? 'draft' : status ?? 'active' }, by, now, null, one.id);
        if (status === 'archived') await this.segments.changeIn(tx, await findSegment(tx, one.id), { status }, by, now);
        plan.created.push({ key: one.key, id: plan.dryRun ? null : one.id, entering: null });
        return [];
      }
      const segment = await lockSegment(tx, one.id);
      if (segment.type !== type) return [{ path: `${at}/type`, code: 'value_not_allowed', message: `There is a ${segment.type} segment of this key, and its type stays.` }];
      const changed = await this.segments.changeIn(tx, segment, { ...withoutSameRules(content, segment.rules), ...(status === undefined ? {} : { status }) }, by, now);
      if (changed.length === 0) plan.unchanged.push({ key: one.key, id: one.id });
      else plan.changed.push({ key: one.key, id: one.id, changed, entering: null, leaving: null });
      return [];
    } catch (error) {
      if (!(error instanceof Problem) || error.errors.length === 0) throw error;
      const inside = error.slug === 'invalid-rules' ? `${at}/rules` : at;
      return error.errors.map((fault) => ({ ...fault, path: `${inside}${fault.path}` }));
    }
  }

  /** As when it is archived or made a draft by itself; one that comes archived was named so already. */
  private async mustNotHideWhatIsUsed(tx: TenantTransaction, hidden: readonly Wanted[], faults: InputFault[]): Promise<void> {
    for (const { id, index, document } of hidden) {
      const dependents = await tx.rows<Dependent>(dependentsOf(tx.tenantId, id, 'active'));
      const verb = document.status === 'archived' ? 'archived' : 'made a draft';
      if (dependents.length > 0) faults.push({ path: `/segments/${index}/status`, code: 'segment_in_use', message: segmentInUse(verb, dependents).detail });
    }
  }
}

/** Ids may be stored in either letter case; where that is all there is to change, nothing is. */
function withoutSameRules<Content extends { rules?: object }>(content: Content, stored: object | null): Content | Omit<Content, 'rules'> {
  const { rules, ...rest } = content;
  return rules !== undefined && stored !== null && isDeepStrictEqual(renameSegments(stored, (id) => id.toLowerCase()).rules, rules) ? rest : content;
}

/** The plan of a repetition: what the documents are of, as it is now. */
async function nothingToDo(tx: TenantTransaction, documents: readonly SegmentDocumentDto[]): Promise<ImportPlanDto> {
  const ids = new Map([...keysOf(await readStored(tx))].map(([id, key]) => [key, id]));
  const unchanged = documents.map(({ key, name }) => key ?? name).flatMap((key) => {
    const id = ids.get(key);
    return id === undefined ? [] : [{ key, id }];
  });
  return { dryRun: false, created: [], changed: [], unchanged, faults: [] };
}

async function readStored(tx: TenantTransaction): Promise<Stored[]> {
  return await tx.rows<Stored>(sql`
    select id, name, type, status, description, notes, owner, workspace_id, labels, rules from segment
    where tenant_id = ${tx.tenantId}::uuid order by id`);
}

function documentOf(segment: Stored, keys: ReadonlyMap<string, string>): SegmentDocumentDto {
  const { rules } = segment;
  return {
    key: keys.get(segment.id) ?? segment.name, name: segment.name, type: segment.type, status: segment.status, description: segment.description,
    notes: segment.notes, owner: segment.owner, workspaceId: segment.workspace_id, labels: segment.labels,
    ...(rules === null ? {} : { rules: renameSegments(rules, (id) => keys.get(id.toLowerCase())).rules }),
  };
}

/** Which segment each document is of. New ones get ids in the order of an export, so that those of one name keep their numbers. */
function identify(documents: readonly SegmentDocumentDto[], ids: ReadonlyMap<string, string>, faults: InputFault[]): Wanted[] {
  const seen = new Set<string>();
  const wanted = documents.map((document, index) => ({ document, index, key: document.key ?? document.name })).filter(({ key, index }) => {
    if (seen.has(key)) faults.push({ path: `/segments/${index}/key`, code: 'value_invalid', message: 'Two documents have this key.' });
    return !seen.has(key) && seen.add(key).size > 0;
  });
  const inOrder = [...wanted].sort((a, b) => (a.document.name < b.document.name ? -1 : a.document.name > b.document.name ? 1 : a.key.length - b.key.length || (a.key < b.key ? -1 : 1)));
  return inOrder.map((one) => ({ ...one, id: ids.get(one.key) ?? newId(), known: ids.has(one.key) }));
}

function inOrder(plan: ImportPlanDto, wanted: readonly Wanted[]): ImportPlanDto {
  const places = new Map(wanted.map(({ key, index }) => [key, index]));
  for (const list of [plan.created, plan.changed, plan.unchanged]) list.sort((a, b) => (places.get(a.key) ?? 0) - (places.get(b.key) ?? 0));
  return plan;
}
