import { conflict, invalid, type InputFault, type Problem } from '#kernel';

export function eventTypeKeyTaken(key: string): Problem {
  return conflict('key-taken', `There is already an event type with the key ${JSON.stringify(key)}.`);
}

/** Lists the segments whose rules name the type. */
export function eventTypeInUse(dependents: readonly { id: string; name: string }[]): Problem {
  return conflict('in-use', 'Segments name this event type in their rules.', { dependents });
}

export function eventTypeAtFault(faults: readonly InputFault[]): Problem {
  return invalid(faults);
}
