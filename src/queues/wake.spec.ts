import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { newId } from '#kernel';
import { type JobPayload, Queue, type QueuedJob, type RingOptions } from './queue.js';
import { REFRESH, Wake } from './wake.js';

class ListeningQueue extends Queue {
  readonly rings: unknown[] = [];
  fault: Error | null = null;

  readonly isStarted = true;

  define(): void {}
  async ring(kind: string, payload: JobPayload, options: RingOptions): Promise<void> {
    if (this.fault !== null) throw this.fault;
    this.rings.push([kind, payload, options]);
  }

  async isUp(): Promise<boolean> { return this.fault === null; }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async jobs(): Promise<QueuedJob[]> { return []; }
  async forget(): Promise<void> {}
}

describe('a wake', () => {
  let queue: ListeningQueue;
  let wake: Wake;
  beforeEach(() => {
    jest.useFakeTimers();
    queue = new ListeningQueue();
    wake = new Wake(queue);
  });
  afterEach(() => { jest.useRealTimers(); });

  it('rings once for many calls of a tenant, 200 ms after the first', async () => {
    const [one, other] = [newId(), newId()];
    wake.tenant(one);
    await jest.advanceTimersByTimeAsync(150);
    wake.tenant(one);
    wake.tenant(other);
    expect(queue.rings).toEqual([]);
    await jest.advanceTimersByTimeAsync(60);
    expect(queue.rings).toEqual([[REFRESH, { tenantId: one }, { key: one }]]);
    await jest.advanceTimersByTimeAsync(200);
    expect(queue.rings).toHaveLength(2);
  });

  it('rings again for a call after the ring', async () => {
    const tenantId = newId();
    wake.tenant(tenantId);
    await jest.advanceTimersByTimeAsync(200);
    wake.tenant(tenantId);
    await jest.advanceTimersByTimeAsync(200);
    expect(queue.rings).toHaveLength(2);
  });

  it('rings at once what it held back when the application stops', async () => {
    wake.tenant(newId());
    await wake.onApplicationShutdown();
    expect(queue.rings).toHaveLength(1);
  });

  it('rings for a job at once, as it is told', () => {
    const payload = { tenantId: newId(), importId: newId() };
    wake.job('import', payload, { key: payload.importId });
    expect(queue.rings).toEqual([['import', payload, { key: payload.importId }]]);
  });

  it('fails nobody when the queue cannot be reached', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    queue.fault = new Error('away');
    wake.tenant(newId());
    wake.job('import', { tenantId: newId() }, { key: 'a' });
    await jest.advanceTimersByTimeAsync(200);
    await wake.onApplicationShutdown();
    expect(warned).toHaveBeenCalledTimes(2);
    warned.mockRestore();
  });
});
