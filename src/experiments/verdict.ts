import type { Adjusted } from './compare.js';
import type { Plan } from './plan.js';

export type VerdictStatus = 'not-started' | 'mismatch' | 'difference' | 'not-yet' | 'no-difference' | 'inconclusive';

/** A draft that was given up has not started either. */
export type Stage = 'not-started' | 'running' | 'stopped';

export interface Verdict {
  readonly status: VerdictStatus;
  readonly reason: string;
  /** Contacts that the smallest arm lacks to the number planned. */
  readonly remainingPerArm: number;
}

export interface Standing {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly mismatch: boolean;
  readonly smallestArm: number;
  readonly requiredPerArm: number;
  readonly compared: readonly Adjusted[];
}

/**
 * What may be said by now of the metric that decides. A difference while it runs is one by the sequential test, which may
 * be looked at as often as one likes; the test for one look counts once it is stopped and the arms are as large as planned.
 */
export function verdictOf(standing: Standing): Verdict {
  const { plan, stage, mismatch, smallestArm, requiredPerArm } = standing;
  const remainingPerArm = Math.max(0, requiredPerArm - smallestArm);
  const says = (status: VerdictStatus, reason: string): Verdict => ({ status, reason, remainingPerArm });
  if (stage === 'not-started') return says('not-started', 'Not yet: it has not started, so nobody is in an arm.');
  if (mismatch) return says('mismatch', 'The arms are not as large as chance would make them: something decides who is counted, so no comparison is to be trusted.');
  const found = differing(standing, (one) => one.adjustedSequentialP);
  if (found.length > 0) return says('difference', `Sequential test, corrected: ${found.join(', ')} differ from the control.`);
  if (stage === 'running') {
    const lacking = remainingPerArm > 0 ? ` The smallest arm lacks ${remainingPerArm} contacts to the number planned.` : '';
    return says('not-yet', `Not yet: no arm differs from the control by the sequential test at the level ${plan.alpha}.${lacking}`);
  }
  if (remainingPerArm > 0) {
    return says('inconclusive', `The smallest arm has ${smallestArm} contacts of the ${requiredPerArm} planned: a difference of the size that matters may well have been missed.`);
  }
  const once = differing(standing, (one) => one.adjustedP);
  if (once.length > 0) return says('difference', `Test at the end, corrected: ${once.join(', ')} differ from the control. It holds if the end was planned.`);
  return says('no-difference', 'Stopped with as many contacts as planned, and no arm differs from the control.');
}

function differing({ plan, compared }: Standing, pOf: (one: Adjusted) => number | null): string[] {
  return compared.filter((one) => one.metric === plan.metric && (pOf(one) ?? 1) <= plan.alpha).map(({ arm }) => JSON.stringify(plan.arms[arm]?.name));
}
