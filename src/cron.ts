import { CronTime } from 'cron';

/** What is wrong with a cron expression, or `null`. */
export function parseExpression(expression: string): string | null {
  try {
    void new CronTime(expression);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
