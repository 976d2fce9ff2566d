/** A `timestamptz` of a raw row as a date; the session's time zone is UTC. */
export function instantOf(value: string | Date): Date {
  return value instanceof Date ? value : new Date(value.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

/** The same where the column may be null. */
export function instantOrNull(value: string | Date | null): Date | null {
  return value === null ? null : instantOf(value);
}
