/** What a failed run leaves in the queue: the kind of its error. Messages of the database may quote a person's data. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';

  constructor(error: unknown) {
    super(kindOf(error));
    // The queue keeps an error with all that it has; where ours was made tells nothing.
    this.stack = `${this.name}: ${this.message}`;
  }
}

function kindOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { name = 'object', code } = error as { name?: string; code?: unknown };
  return typeof code === 'string' ? `${name} (${code})` : name;
}

/** The same for the log, with the places in our code that the error came through. */
export function failureForLog(error: unknown): object {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 12) : [];
  return { error: kindOf(error), stack: frames };
}
