import { jest } from '@jest/globals';
import { Queue } from '../../src/queues/index.js';
import { until } from './queue-contract.js';
import type { TestService } from './service.js';

/** Does the work while nothing of the tenant runs and nobody hears of what is queued, so that it stays so; the sweeps find it afterwards. */
export async function unheard<T>(service: TestService, tenantId: string, work: () => Promise<T>): Promise<T> {
  const queue = service.service.app.get(Queue, { strict: false });
  const bell = jest.spyOn(queue, 'ring').mockResolvedValue(undefined);
  try {
    await until(async () => (await queue.jobs(tenantId)).map(({ status }) => status), (all) => !all.includes('running') && !all.includes('waiting'), 30_000);
    return await work();
  } finally {
    bell.mockRestore();
  }
}
