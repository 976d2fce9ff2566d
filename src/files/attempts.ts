import { contested, databaseAway } from '#database';
import { Problem } from '#kernel';

/**
 * What fails so often for a reason that is not the caller's is given up. The queue tries it again later each time, so that
 * the attempts are spread over a minute and a half.
 */
export const mostAttempts = 10;

/** Whether what failed is only to be tried again, for as long as it takes: something is away, or busy, or written by others. */
export function passesByItself(error: unknown): boolean {
  return databaseAway(error) || contested(error) || (error instanceof Problem && error.status === 503);
}
