import { invalid, Problem } from '#kernel';
import type { Fault } from '#rules';

/** Bad rules are never stored and never run. */
export function invalidRules(faults: readonly Fault[]): Problem {
  const [first] = faults;
  const detail = faults.length === 1 && first !== undefined ? first.message : `The rules have ${faults.length} faults.`;
  return new Problem('invalid-rules', 422, 'Invalid rules', detail, faults);
}

export function tooManyNodes(most: number): Problem {
  return invalid([{ path: '/breakdown', code: 'limit_exceeded', message: `A breakdown is of at most ${most} groups and conditions.` }]);
}
