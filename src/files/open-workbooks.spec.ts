import { Readable } from 'node:stream';
import { OpenWorkbooks } from './open-workbooks.js';

describe('Workbooks in the temporary folder', () => {
  it('are so many of a tenant and so many in all, and further ones are refused until one is done', async () => {
    const workbooks = new OpenWorkbooks();
    const closers: (() => void)[] = [];
    const open = async (tenant: string, format: 'xlsx' | 'csv' = 'xlsx'): Promise<unknown> => {
      const done = workbooks.within(tenant, format, Readable.from([]), async () => { await new Promise<void>((close) => { closers.push(close); }); })
        .then(() => 'read', (error: unknown) => ({ status: (error as { status: number }).status, after: (error as { retryAfter: number }).retryAfter }));
      return await Promise.race([done, Promise.resolve().then(() => undefined).then(() => undefined).then(() => 'open')]);
    };
    expect([await open('a'), await open('a'), await open('a')]).toEqual(['open', 'open', { status: 429, after: 5 }]);
    expect([await open('b'), await open('b'), await open('c')]).toEqual(['open', 'open', { status: 503, after: 5 }]);
    expect(await open('a', 'csv')).toBe('open');
    closers[0]!();
    await new Promise(setImmediate);
    expect([await open('c'), await open('b')]).toEqual(['open', { status: 429, after: 5 }]);
    closers.forEach((close) => { close(); });
    await new Promise(setImmediate);
    expect([await open('a'), await open('a')]).toEqual(['open', 'open']);
  });

  it('that could not be read are counted no more', async () => {
    const workbooks = new OpenWorkbooks();
    for (let turn = 0; turn < 9; turn += 1) {
      await expect(workbooks.within('a', 'xlsx', Readable.from([]), () => Promise.reject(new Error('no workbook')))).rejects.toThrow('no workbook');
    }
  });
});
