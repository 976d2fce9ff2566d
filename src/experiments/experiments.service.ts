import { Injectable } from '@nestjs/common';
import { Database, Experiment, longStatementMs, sql, type TenantTransaction } from '#database';
import { type InputFault, invalid, newId, notFound } from '#kernel';
import { MembershipService } from '../segments/index.js';
import { objectErased, type Once, onlyOnce } from '../tenancy/index.js';
import type { CreateExperimentDto } from './dto/experiment.dto.js';
import { experimentStopped, nobodyToAssign } from './experiments.problems.js';
import { type Plan, segmentsNamed, weightsOf } from './plan.js';
import { readPlan } from './read-plan.js';
import { everybody, freezeSegments, freezeSplit } from './sql/freeze-assignment.sql.js';

/** Experiments: made as drafts, started once, stopped for good. */
@Injectable()
export class ExperimentsService {
  constructor(
    private readonly database: Database,
    private readonly membership: MembershipService,
  ) {}

  /** @throws 422 with everything that does not go together, and with each segment and campaign that is not there. */
  async create(tenantId: string, sent: CreateExperimentDto, once: Once, now: Date): Promise<Experiment> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const id = await onlyOnce(tx, once, now, async () => await insertExperiment(tx, sent, now));
      const found = await tx.em.findOne(Experiment, { tenantId, id });
      if (found === null) throw objectErased();
      return found;
    });
  }

  async list(tenantId: string, limit: number, after: string | null): Promise<Experiment[]> {
    return await this.database.inTenant(tenantId, async ({ em }) => await em.find(Experiment,
      { tenantId, ...(after === null ? {} : { id: { $gt: after } }) }, { orderBy: { id: 'asc' }, limit }), { readOnly: true });
  }

  async get(tenantId: string, id: string): Promise<Experiment> {
    return await this.database.inTenant(tenantId, async (tx) => await findExperiment(tx, id), { readOnly: true });
  }

  /**
   * Puts the contacts into arms, in one statement, and begins to count. A repetition answers the same and changes nothing.
   * @throws 409 where it is stopped, an arm's segment is empty, or there is nobody to split; 503 where a segment cannot be made fresh in time.
   */
  async start(tenantId: string, id: string, now: Date): Promise<Experiment> {
    const draft = await this.get(tenantId, id);
    if (draft.status === 'draft') await this.membership.ensureFresh(tenantId, segmentsNamed(draft.plan as Plan), now);
    return await this.database.inTenant(tenantId, async (tx) => {
      const experiment = await lockExperiment(tx, id);
      if (experiment.status === 'running') return experiment;
      if (experiment.status === 'stopped') throw experimentStopped();
      await this.assign(tx, experiment.id, experiment.plan as Plan);
      return await become(tx, experiment, { status: 'running', startedAt: now, updatedAt: now });
    }, { statementTimeoutMs: longStatementMs });
  }

  /** Counts no further, for good; of a draft it says that it will not take place. A repetition changes nothing. */
  async stop(tenantId: string, id: string, now: Date): Promise<Experiment> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const experiment = await lockExperiment(tx, id);
      if (experiment.status === 'stopped') return experiment;
      return await become(tx, experiment, { status: 'stopped', stoppedAt: now, updatedAt: now });
    });
  }

  private async assign(tx: TenantTransaction, experimentId: string, plan: Plan): Promise<void> {
    const freeze = { tenantId: tx.tenantId, experimentId };
    const members = (segmentId: string | null) => (segmentId === null ? everybody(tx.tenantId) : this.membership.membersOf(tx.tenantId, [segmentId]));
    const statement = plan.design === 'split'
      ? freezeSplit(freeze, members(plan.segmentId), boundsOf(weightsOf(plan) ?? []))
      : freezeSegments(freeze, plan.arms.map(({ segmentId }) => members(segmentId)));
    const rows = await tx.rows<{ arm: number | null }>(statement);
    // Else the planner expects a handful of contacts, and reads the events of a million one contact after the other.
    await tx.rows(sql`analyze (skip_locked) experiment_assignment`);
    const empty = plan.arms.filter((_, arm) => rows.every((row) => row.arm !== arm)).map(({ name }) => name);
    // Of a handful of contacts chance may leave an arm of a split empty.
    if (empty.length === plan.arms.length || (plan.design === 'segments' && empty.length > 0)) throw nobodyToAssign(empty);
  }
}

/** The experiment; throws where the tenant has none of this id. */
export async function findExperiment(tx: TenantTransaction, id: string): Promise<Experiment> {
  const experiment = await tx.em.findOne(Experiment, { tenantId: tx.tenantId, id: id.toLowerCase() });
  if (experiment === null) throw notFound('experiment', id);
  return experiment;
}

/** The same, locked until the transaction ends: of two starts the second finds it running. */
async function lockExperiment(tx: TenantTransaction, id: string): Promise<Experiment> {
  await tx.rows(sql`select from experiment where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid for update`);
  return await findExperiment(tx, id);
}

/** Writes what it is now. No draft any more, it needs its segments no longer. */
async function become(tx: TenantTransaction, experiment: Experiment, change: Partial<Experiment>): Promise<Experiment> {
  Object.assign(experiment, change);
  await tx.em.flush();
  await tx.write(sql`delete from experiment_segment where tenant_id = ${tx.tenantId}::uuid and experiment_id = ${experiment.id}::uuid`);
  return experiment;
}

async function insertExperiment(tx: TenantTransaction, sent: CreateExperimentDto, now: Date): Promise<string> {
  const [plan, id] = [readPlan(sent), newId()];
  await mustBeThere(tx, plan);
  tx.em.persist(Object.assign(new Experiment(), {
    tenantId: tx.tenantId, id, name: sent.name, hypothesis: sent.hypothesis, plan, createdAt: now, updatedAt: now,
  }));
  await tx.em.flush();
  await tx.write(sql`
    insert into experiment_segment (tenant_id, experiment_id, segment_id)
    select ${tx.tenantId}::uuid, ${id}::uuid, used from unnest(${segmentsNamed(plan)}::uuid[]) as used`);
  return id;
}

async function mustBeThere(tx: TenantTransaction, { segmentId, arms }: Plan): Promise<void> {
  const faults: InputFault[] = [];
  const segments = [{ id: segmentId, path: '/segmentId' }, ...arms.map((arm, at) => ({ id: arm.segmentId, path: `/arms/${at}/segmentId` }))];
  for (const { id, path } of segments) {
    if (id === null) continue;
    const segment = await tx.row<{ status: string }>(sql`
      select status from segment where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid for share`);
    if (segment === undefined) faults.push({ path, code: 'unknown_segment', message: `There is no segment ${JSON.stringify(id)}.` });
    else if (segment.status !== 'active') faults.push({ path, code: 'value_not_allowed', message: `The segment is ${segment.status}, and so nobody to compare.` });
  }
  for (const [at, { campaignId }] of arms.entries()) {
    if (campaignId === null) continue;
    const campaign = await tx.row(sql`select from campaign where tenant_id = ${tx.tenantId}::uuid and id = ${campaignId}::uuid`);
    if (campaign === undefined) faults.push({ path: `/arms/${at}/campaignId`, code: 'unknown_campaign', message: `There is no campaign ${JSON.stringify(campaignId)}.` });
  }
  if (faults.length > 0) throw invalid(faults);
}

/** The upper ends of the arms on [0, 100]. */
function boundsOf(weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let so = 0;
  return weights.map((weight, at) => {
    so += weight;
    return at === weights.length - 1 ? 100 : 100 * so / all;
  });
}
