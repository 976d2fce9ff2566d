/**
 * Whether an error says that the session with the database is gone or was never had: the server ended it, or the line
 * was cut. Nothing is wrong with the statement. The driver gives four of its own messages no code. PostgreSQL wraps
 * nothing; MikroORM hands on the code, or keeps the error as `cause`.
 */
export function lostSession(error: unknown): boolean {
  // By its shape: errors of Node's own are of another realm where tests run, and no instances of this one's Error.
  if (typeof error !== 'object' || error === null) return false;
  const { code, message = '', cause } = error as { code?: unknown; message?: string; cause?: unknown };
  return (typeof code === 'string' && (/^(57P|08)/.test(code) || lineCodes.has(code)))
    || /^Connection terminated|is not queryable|^timeout (expired|exceeded when trying to connect)/.test(message) || lostSession(cause);
}

/** Whether the database cannot be had at the moment: the session is lost, or the server has no connection, memory or disk left. */
export function databaseAway(error: unknown): boolean {
  return lostSession(error) || hasCode(error, /^53/);
}

/** Whether somebody else wrote the same rows at that moment: nothing was done, and the next try may well go through. */
export function contested(error: unknown): boolean {
  return hasCode(error, /^40(001|P01)$/);
}

/** Whether a statement passed its time limit, or was cancelled. */
export function overTime(error: unknown): boolean {
  return hasCode(error, /^57014$/);
}

function hasCode(error: unknown, which: RegExp): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (typeof code === 'string' && which.test(code)) || hasCode(cause, which);
}

const lineCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
