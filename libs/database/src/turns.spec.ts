import { setTimeout as after } from 'node:timers/promises';
import { Turns } from './turns.js';

describe('Turns', () => {
  it('let so many at once, the others in their order, whatever becomes of those before', async () => {
    const turns = new Turns(2, 5000);
    const begun: number[] = [];
    let [now, most] = [0, 0];
    const all = await Promise.allSettled(Array.from({ length: 9 }, async (_, n) => await turns.take('one', async () => {
      begun.push(n);
      now += 1;
      most = Math.max(most, now);
      await after(5);
      now -= 1;
      if (n % 3 === 0) throw new Error('at fault');
    })));
    expect({ begun, most, failed: all.filter(({ status }) => status === 'rejected').length }).toEqual({ begun: [0, 1, 2, 3, 4, 5, 6, 7, 8], most: 2, failed: 3 });
  });

  it('are lost by who waits too long or is told to stop, and by nobody else', async () => {
    const turns = new Turns(1, 30);
    const door = Promise.withResolvers<void>();
    const first = turns.take('one', async () => { await door.promise; });
    const gone = new AbortController();
    const waiting = turns.take('one', async () => 'late');
    const leaving = turns.take('one', async () => 'gone', gone.signal);
    gone.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    await expect(waiting).rejects.toMatchObject({ status: 503, retryAfter: 5 });
    door.resolve();
    await first;
    expect(await turns.take('one', async () => 'mine')).toBe('mine');
  });

  it('go to whoever has the fewest under way, so that who asks often keeps nobody waiting behind all of it', async () => {
    const turns = new Turns(2, 60_000);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const ask = async (whose: string): Promise<void> => {
      await turns.take(whose, async () => {
        begun.push(whose);
        await new Promise<void>((resolve) => { ends.push(resolve); });
      });
    };
    const all = ['greedy', 'greedy', 'greedy', 'greedy', 'other', 'third', 'other'].map(ask);
    for (let at = 0; at < all.length; at += 1) {
      await new Promise((resolve) => { setImmediate(resolve); });
      ends[at]?.();
    }
    await Promise.all(all);
    expect(begun).toEqual(['greedy', 'greedy', 'other', 'greedy', 'third', 'greedy', 'other']);
  });
});
