import { newId } from '#kernel';
import { failedRuns, runJob } from './queue.js';

describe('A job', () => {
  const run = async (kind: string, handler: () => Promise<void>): Promise<void> => {
    await runJob(kind, handler, { tenantId: newId() }, { id: 'job', signal: new AbortController().signal });
  };

  it('that fails is counted by its kind, each run of it, and fails on', async () => {
    for (let at = 0; at < 2; at += 1) await expect(run('poison', async () => { throw new RangeError('bad'); })).rejects.toThrow(RangeError);
    await run('sound', async () => undefined);
    expect(Object.fromEntries(failedRuns)).toEqual({ poison: 2 });
  });
});
