import { ConnectionShares, type Use } from './connection-shares.js';

/** Asks for what is never given back; how many got it. */
async function got(shares: ConnectionShares, use: Use, ...tenants: string[]): Promise<number> {
  let count = 0;
  for (const tenant of tenants) {
    void shares.keep(use, tenant, async () => {
      count += 1;
      await new Promise(() => undefined);
    }, new AbortController().signal).catch(() => undefined);
  }
  await new Promise((resolve) => { setImmediate(resolve); });
  return count;
}

const sharesOf = (poolSize: number): ConnectionShares => new ConnectionShares({ poolSize, readingWaitMs: 50, workWaitMs: 50 });
const times = (count: number, ...tenants: string[]): string[] => Array.from({ length: count }, () => tenants).flat();

describe('The shares of a pool of ten', () => {
  it('leave four connections to what is short, whatever is asked and exported, and two where there is work as well', async () => {
    const shares = sharesOf(10);
    expect(await got(shares, 'export', ...times(20, 'a', 'b', 'c')) + await got(shares, 'question', ...times(20, 'a', 'b', 'c'))).toBe(6);
    expect(await got(shares, 'work', ...times(20, 'a', 'b', 'c'))).toBe(2);
    expect([shares.kept('question'), shares.kept('export'), shares.kept('work')]).toEqual([3, 3, 2]);
  });

  it('give a tenant half of what is for questions and exports, and less to its exports', async () => {
    const shares = sharesOf(10);
    expect(await got(shares, 'export', ...times(20, 'a'))).toBe(2);
    expect(await got(shares, 'question', ...times(20, 'a'))).toBe(1);
    expect(await got(shares, 'question', ...times(20, 'b'))).toBe(3);
    expect(await got(sharesOf(10), 'question', ...times(20, 'a'))).toBe(3);
  });

  it('keep slow exports from taking all that questions have, and work of one tenant from keeping out that of others', async () => {
    const shares = sharesOf(10);
    expect(await got(shares, 'export', ...times(20, 'a', 'b', 'c', 'd'))).toBe(3);
    expect(await got(shares, 'question', ...times(20, 'e'))).toBe(3);
    const other = sharesOf(10);
    expect(await got(other, 'work', ...times(20, 'a'))).toBe(3);
    expect(await got(other, 'work', 'b', 'c')).toBe(1);
    expect(await got(other, 'question', ...times(20, 'a', 'b'))).toBe(4);
  });

  it('are one each at least, where the pool has fewer', async () => {
    for (const use of ['question', 'export', 'work'] as const) expect(await got(sharesOf(1), use, 'a', 'b')).toBe(1);
  });
});
