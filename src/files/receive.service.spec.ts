import { PassThrough } from 'node:stream';
import { jest } from '@jest/globals';
import type { ImportOptions } from './import-options.js';
import { ReceiveService } from './receive.service.js';

const options: ImportOptions = {
  kind: 'contacts', mapping: null, fixed: {}, onDuplicate: 'update', consent: 'keep', encoding: 'utf-8', delimiter: ',', decimal: '.', listSeparator: ';',
  dates: 'iso', timezone: null, header: 'yes', emptyCells: 'keep', errorLimit: 10_000, tags: [], segmentName: null,
};

describe('A file that is received', () => {
  /** A database that does nothing; `at` is called before each of its transactions, with their count. */
  const receiver = (at: (transaction: number) => Promise<void> | void): ReceiveService => {
    let count = 0;
    const tx = { write: async () => await Promise.resolve(1) };
    const database = { inTenant: async (_: string, work: (of: typeof tx) => Promise<unknown>): Promise<unknown> => {
      count += 1;
      await at(count);
      return await work(tx);
    } };
    const custom = { all: [], find: () => undefined };
    return new ReceiveService(database as never, { all: async () => await Promise.resolve(custom) } as never, {} as never);
  };
  const receive = async (service: ReceiveService, file: PassThrough, sent: Partial<ImportOptions> = {}): Promise<string> =>
    await service.receive('t', file, 'csv', { ...options, ...sent }, 'ada', null, new Date('2026-01-01T00:00:00Z'));
  const turn = async (): Promise<void> => { await new Promise((resolve) => { setImmediate(resolve); }); };

  it.each([1, 2])('ends where the upload is cut off before it is read, in transaction %i', async (cutAt) => {
    const file = new PassThrough();
    file.write('email\n');
    const service = receiver(async (transaction) => {
      if (transaction !== cutAt) return;
      file.destroy();
      await turn();
    });
    await expect(receive(service, file)).rejects.toThrow('the upload was cut off');
  });

  it('ends where the upload was cut off before', async () => {
    const file = new PassThrough();
    file.destroy();
    await turn();
    await expect(receive(receiver(() => undefined), file)).rejects.toThrow('the upload was cut off');
  });

  it('is drained where a fixed field is none, so that whoever sends hears the answer', async () => {
    const file = new PassThrough();
    file.write('email\n');
    const resume = jest.spyOn(file, 'resume');
    await expect(receive(receiver(() => undefined), file, { fixed: { nonsense: 'x' } })).rejects.toMatchObject({ status: 422 });
    await turn();
    expect(resume).toHaveBeenCalled();
    expect(file.readableLength).toBe(0);
  });
});
