import { conflict, Problem } from '#kernel';

export function experimentStopped(): Problem {
  return conflict('experiment-stopped', 'It is stopped, for good: make another one.');
}

export function nobodyToAssign(empty: readonly string[]): Problem {
  return conflict('experiment-without-contacts', `Nobody would be in ${empty.map((name) => JSON.stringify(name)).join(', ')}; nothing was started.`);
}
