import { type InputFault, invalid } from '#kernel';
import type { CreateExperimentDto, ExperimentArmDto } from './dto/experiment.dto.js';
import type { Arm, Design, Plan } from './plan.js';

type Fault = (path: string, code: string, message: string) => void;

/** The plan of a body whose members are validated one by one; throws the 422 with everything that does not go together. */
export function readPlan(sent: CreateExperimentDto): Plan {
  const faults: InputFault[] = [];
  const fault: Fault = (path, code, message) => { faults.push({ path, code, message }); };
  const design = sent.design ?? 'split';
  const secondaryMetrics = sent.secondaryMetrics ?? [];
  const arms = sent.arms.map((arm) => readArm(arm, design));
  if (secondaryMetrics.includes(sent.metric)) fault('/secondaryMetrics', 'value_invalid', 'The metric that decides is none of the others.');
  judgeFigures({ ...sent, isMean: sent.metric === 'revenue' }, fault);
  judgeArms(sent, arms, design, fault);
  const clicks = [sent.metric, ...secondaryMetrics].some((metric) => metric === 'open' || metric === 'click');
  if (clicks) judgeClicks(arms, fault);
  if (faults.length > 0) throw invalid(faults);
  return {
    design, metric: sent.metric, secondaryMetrics, baseline: sent.baseline, minimumEffect: sent.minimumEffect,
    standardDeviation: sent.standardDeviation ?? null, power: sent.power ?? 0.8, alpha: sent.alpha ?? 0.05,
    segmentId: sent.segmentId?.toLowerCase() ?? null, arms,
  };
}

/** What is wrong with the figures of a comparison of rates or means. */
export function judgeFigures(
  { baseline, minimumEffect, standardDeviation, isMean }: { baseline: number; minimumEffect: number; standardDeviation?: number | null; isMean: boolean }, fault: Fault,
): void {
  const deviation = standardDeviation ?? null;
  if (isMean && deviation === null) fault('/standardDeviation', 'value_missing', 'A mean needs the standard deviation by contact.');
  if (!isMean && deviation !== null) fault('/standardDeviation', 'value_not_allowed', 'A rate has none of its own.');
  if (!isMean && baseline >= 1) fault('/baseline', 'value_invalid', 'A rate is below 1.');
  else if (!isMean && baseline + minimumEffect >= 1) fault('/minimumEffect', 'value_invalid', 'The rate with the effect must be below 1.');
}

function readArm(sent: ExperimentArmDto, design: Design): Arm {
  return {
    name: sent.name, segmentId: sent.segmentId?.toLowerCase() ?? null, campaignId: sent.campaignId?.toLowerCase() ?? null,
    share: sent.share ?? (design === 'split' ? 1 : null), holdout: sent.holdout ?? false,
  };
}

function judgeArms(sent: CreateExperimentDto, arms: readonly Arm[], design: Design, fault: Fault): void {
  if (design === 'segments' && (sent.segmentId ?? null) !== null) fault('/segmentId', 'value_not_allowed', 'Each arm names its own segment.');
  const shared = sent.arms.filter(({ share }) => (share ?? null) !== null).length;
  if (shared > 0 && shared < arms.length) fault('/arms', 'value_missing', 'All arms have a share, or none.');
  for (const [index, arm] of arms.entries()) {
    if (arms.findIndex(({ name }) => name === arm.name) < index) fault(`/arms/${index}/name`, 'value_invalid', 'Two arms have the same name.');
    if (design === 'split' && arm.segmentId !== null) fault(`/arms/${index}/segmentId`, 'value_not_allowed', 'Chance makes the arms of a split.');
    if (design === 'segments' && arm.segmentId === null) fault(`/arms/${index}/segmentId`, 'value_missing', 'Each arm is a segment.');
    if (arm.segmentId !== null && arms.findIndex(({ segmentId }) => segmentId === arm.segmentId) < index) {
      fault(`/arms/${index}/segmentId`, 'value_invalid', 'Two arms are the same segment.');
    }
    if (arm.holdout && arm.campaignId !== null) fault(`/arms/${index}/campaignId`, 'value_not_allowed', 'A holdout is sent nothing.');
  }
}

/** Opens of one arm's campaign do not compare with opens of everything, nor with those of people who were sent nothing. */
function judgeClicks(arms: readonly Arm[], fault: Fault): void {
  for (const [index, { holdout }] of arms.entries()) {
    if (holdout) fault(`/arms/${index}/holdout`, 'value_not_allowed', 'Who is sent nothing opens and clicks nothing: compare conversions or revenue.');
  }
  const named = arms.filter(({ campaignId }) => campaignId !== null).length;
  if (named > 0 && named < arms.length) fault('/arms', 'value_missing', 'For opens and clicks all arms have a campaign, or none.');
}
