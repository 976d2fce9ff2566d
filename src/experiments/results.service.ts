import { Injectable } from '@nestjs/common';
import { Database, type Experiment, sql, type TenantTransaction } from '#database';
import { sampleRatioP } from '#statistics';
import { isCampaignId } from '../campaigns/index.js';
import { type Adjusted, type ArmOutcome, compareAll, sampleOf, successesOf } from './compare.js';
import type { ComparisonDto, ExperimentResultsDto } from './dto/results.dto.js';
import { findExperiment } from './experiments.service.js';
import { contactsPerArm, type Metric, type Plan, weightsOf } from './plan.js';
import { outcomes, type RevenueRead } from './sql/outcomes.sql.js';
import { type Stage, verdictOf } from './verdict.js';

const covariateMs = 365 * 24 * 3_600_000;
/** A thousand resamples of as many values take some tenths of a second; beyond, the means are normal enough for Welch. */
const mostRevenues = 2000;
const mismatchBelow = 0.001;

type Count = 'contacts' | 'opened' | 'clicked' | 'converted';
type Figure = 'mean' | 'variance' | 'earlier_mean' | 'earlier_variance' | 'covariance';
type Row = Record<Count, string> & Partial<Record<Figure, number> & { with_revenue: string; revenues: [number, number][] }> & { arm: number | null };

/** What came of an experiment so far. */
@Injectable()
export class ResultsService {
  constructor(private readonly database: Database) {}

  /** From the events between the start and the stop, or `now` while it runs; of a draft, that nobody is in an arm yet. */
  async results(tenantId: string, id: string, now: Date, signal?: AbortSignal): Promise<ExperimentResultsDto> {
    const { experiment, rows, to } = await this.database.inSnapshot(tenantId, async (tx) => {
      const experiment = await findExperiment(tx, id);
      const { startedAt, stoppedAt } = experiment;
      const [plan, to] = [experiment.plan as Plan, stoppedAt ?? now];
      const rows = startedAt === null ? [] : await tx.rows<Row>(outcomes({
        tenantId, experimentId: experiment.id, from: startedAt, to, campaigns: await campaignNames(tx, plan), revenue: revenueOf(plan, startedAt),
      }));
      return { experiment, rows, to };
    }, signal);
    // Bootstraps take their time: no connection waits for them.
    const told = tell(experiment.plan as Plan, rows, stageOf(experiment));
    return { experimentId: experiment.id, status: experiment.status, startedAt: experiment.startedAt?.toISOString() ?? null, asOf: to.toISOString(), ...told };
  }
}

/** What must be read of revenue: nothing unless a metric is, and that of before only where it explains a difference that chance made. */
function revenueOf(plan: Plan, startedAt: Date): RevenueRead | null {
  if (![plan.metric, ...plan.secondaryMetrics].includes('revenue')) return null;
  return { before: weightsOf(plan) === null ? null : new Date(startedAt.getTime() - covariateMs), most: mostRevenues };
}

function stageOf({ startedAt, stoppedAt }: Experiment): Stage {
  if (startedAt === null) return 'not-started';
  return stoppedAt === null ? 'running' : 'stopped';
}

/** What the events of each arm's campaign carry: its id, and its external id unless another campaign has that as its id. */
async function campaignNames(tx: TenantTransaction, { arms }: Plan): Promise<(string[] | null)[]> {
  const ids = arms.map(({ campaignId }) => campaignId).filter((id) => id !== null);
  const rows = ids.length === 0 ? [] : await tx.rows<{ id: string; external_id: string | null }>(sql`
    select c.id, case when not ${isCampaignId(tx.tenantId, sql`c.external_id`)} then c.external_id end as external_id
    from campaign c where c.tenant_id = ${tx.tenantId}::uuid and c.id = any(${ids}::uuid[])`);
  return arms.map(({ campaignId }) => (campaignId === null ? null
    : [campaignId, ...rows.filter(({ id }) => id === campaignId).map((row) => row.external_id).filter((name) => name !== null)]));
}

function tell(plan: Plan, rows: readonly Row[], stage: Stage): Omit<ExperimentResultsDto, 'experimentId' | 'status' | 'startedAt' | 'asOf'> {
  const arms = plan.arms.map((_, at) => outcomeOf(rows.find(({ arm }) => arm === at)));
  const overlapping = Number(rows.find(({ arm }) => arm === null)?.contacts ?? 0);
  const [weights, sizes] = [weightsOf(plan), arms.map(({ contacts }) => contacts)];
  const ratioP = weights === null ? null : sampleRatioP(sizes, weights);
  const mismatch = ratioP !== null && ratioP < mismatchBelow;
  const compared = compareAll(plan, arms, weights !== null);
  const requiredPerArm = contactsPerArm({ ...plan, comparisons: arms.length - 1 });
  const metrics = [plan.metric, ...plan.secondaryMetrics];
  return {
    verdict: verdictOf({ plan, stage, mismatch, smallestArm: Math.min(...sizes), requiredPerArm, compared }),
    requiredPerArm, confidence: 1 - plan.alpha,
    arms: arms.map((arm, at) => ({
      name: plan.arms[at]?.name ?? '', holdout: plan.arms[at]?.holdout ?? false, contacts: arm.contacts,
      metrics: metrics.map((metric) => figureOf(arm, metric)),
    })),
    comparisons: compared.map((one) => comparisonDto(plan, one, arms)),
    sampleRatio: ratioP === null ? null : { p: ratioP, mismatch, threshold: mismatchBelow },
    overlap: { contacts: overlapping, share: overlapping === 0 ? 0 : overlapping / (overlapping + sizes.reduce((sum, size) => sum + size, 0)) },
    warnings: stage === 'not-started' ? [] : warningsOf(plan, arms, overlapping, mismatch),
  };
}

function outcomeOf(row: Row | undefined): ArmOutcome {
  const contacts = Number(row?.contacts ?? 0);
  const revenues = row?.revenues ?? [];
  return {
    contacts, opened: Number(row?.opened ?? 0), clicked: Number(row?.clicked ?? 0), converted: Number(row?.converted ?? 0),
    withRevenue: Number(row?.with_revenue ?? 0), revenue: { n: contacts, mean: row?.mean ?? 0, variance: row?.variance ?? 0 },
    earlier: { mean: row?.earlier_mean ?? 0, variance: row?.earlier_variance ?? 0 }, covariance: row?.covariance ?? 0,
    revenues: revenues.length > mostRevenues ? null : revenues.map(([value, count]) => ({ value, count })),
  };
}

function figureOf(arm: ArmOutcome, metric: Metric): ExperimentResultsDto['arms'][number]['metrics'][number] {
  const { mean, variance } = sampleOf(arm, metric);
  return { metric, contacts: successesOf(arm, metric), value: arm.contacts === 0 ? null : mean, standardDeviation: Math.sqrt(variance) };
}

function comparisonDto(plan: Plan, one: Adjusted, arms: readonly ArmOutcome[]): ComparisonDto {
  const control = arms[0] === undefined ? 0 : sampleOf(arms[0], one.metric).mean;
  return {
    metric: one.metric, arm: plan.arms[one.arm]?.name ?? '', control: plan.arms[0]?.name ?? '',
    effect: one.effect, relativeEffect: one.effect === null || control === 0 ? null : one.effect / control,
    interval: one.interval, pValue: one.p, adjustedPValue: one.adjustedP, method: one.method, bootstrap: one.bootstrap,
    cuped: one.cuped === null ? null : { effect: one.cuped.effect, interval: one.cuped.interval, pValue: one.cuped.p, varianceReduction: one.cuped.varianceReduction },
    sequential: one.sequential === null ? null : {
      relativeEffect: one.sequential.ratio - 1, pValue: one.sequential.p, adjustedPValue: one.adjustedSequentialP ?? 1,
      interval: { low: one.sequential.interval.low - 1, high: one.sequential.interval.high - 1 },
    },
  };
}

function warningsOf(plan: Plan, arms: readonly ArmOutcome[], overlapping: number, mismatch: boolean): string[] {
  return [
    ...arms.flatMap(({ contacts }, at) => (contacts > 0 ? [] : [`Nobody is in ${JSON.stringify(plan.arms[at]?.name)}.`])),
    ...(overlapping > 0 ? [`${overlapping} contacts are in several arms and are compared in none.`] : []),
    ...(mismatch ? ['The sizes of the arms are not those that chance would make of their shares.'] : []),
    ...(plan.design === 'segments' && weightsOf(plan) === null
      ? ['The arms are segments: what tells the segments apart may be what makes the difference, and not what they were sent.'] : []),
  ];
}
