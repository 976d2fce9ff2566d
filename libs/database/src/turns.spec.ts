import { setTimeout as after } from 'node:timers/promises';
import { type Turn, Turns } from './turns.js';

const turn = (whose: string, within: Record<string, number>, longestWaitMs = 60_000): Turn => ({ whose, within, longestWaitMs });
/** One of two in all. */
const ofTwo = (whose: string): Turn => turn(whose, { all: 2, [whose]: 2 });

/** What has begun, in its order, and how to end it. */
class Begun {
  readonly names: string[] = [];
  readonly ends: (() => void)[] = [];

  constructor(private readonly turns: Turns) {}

  async ask(wanted: Turn, name = wanted.whose): Promise<void> {
    await this.turns.take(wanted, async () => {
      this.names.push(name);
      await new Promise<void>((resolve) => { this.ends.push(resolve); });
    });
  }

  async end(at: number): Promise<void> {
    this.ends[at]?.();
    await settled();
  }
}

const settled = async (): Promise<void> => { await new Promise((resolve) => { setImmediate(resolve); }); };

describe('Turns', () => {
  it('let so many at once, the others in their order, whatever becomes of those before', async () => {
    const turns = new Turns();
    const begun: number[] = [];
    let [now, most] = [0, 0];
    const all = await Promise.allSettled(Array.from({ length: 9 }, async (_, n) => await turns.take(ofTwo('one'), async () => {
      begun.push(n);
      now += 1;
      most = Math.max(most, now);
      await after(5);
      now -= 1;
      if (n % 3 === 0) throw new Error('at fault');
    })));
    expect({ begun, most, failed: all.filter(({ status }) => status === 'rejected').length }).toEqual({ begun: [0, 1, 2, 3, 4, 5, 6, 7, 8], most: 2, failed: 3 });
    expect([turns.underWay('all'), turns.underWay('one')]).toEqual([0, 0]);
  });

  it('are lost by who waits too long or is told to stop, and by nobody else', async () => {
    const turns = new Turns();
    const one = turn('one', { one: 1 }, 30);
    const door = Promise.withResolvers<void>();
    const first = turns.take(one, async () => { await door.promise; });
    const gone = new AbortController();
    const waiting = turns.take(one, async () => 'late');
    const leaving = turns.take(one, async () => 'gone', gone.signal);
    gone.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    await expect(waiting).rejects.toMatchObject({ status: 503, retryAfter: 5 });
    door.resolve();
    await first;
    await expect(turns.take(one, async () => 'gone', gone.signal)).rejects.toThrow('gone');
    expect(await turns.take(one, async () => 'mine')).toBe('mine');
  });

  it('go to whoever has the fewest under way, so that who asks often keeps nobody waiting behind all of it', async () => {
    const begun = new Begun(new Turns());
    const all = ['greedy', 'greedy', 'greedy', 'greedy', 'other', 'third', 'other'].map(async (whose) => { await begun.ask(ofTwo(whose)); });
    for (let at = 0; at < all.length; at += 1) await begun.end(at);
    await Promise.all(all);
    expect(begun.names).toEqual(['greedy', 'greedy', 'other', 'greedy', 'third', 'greedy', 'other']);
  });

  it('count for all that they are within: who may not go holds up nobody behind', async () => {
    const begun = new Begun(new Turns());
    const of = (whose: string): Turn => turn(whose, { all: 3, [whose]: 2 });
    const all = ['greedy', 'greedy', 'greedy', 'other', 'third'].map(async (whose) => { await begun.ask(of(whose)); });
    await settled();
    expect(begun.names).toEqual(['greedy', 'greedy', 'other']);
    // Of the two that wait one may go: the greedy has its two still.
    await begun.end(2);
    expect(begun.names).toEqual(['greedy', 'greedy', 'other', 'third']);
    // There is room for one more, and it is not the greedy's.
    await begun.end(3);
    expect(begun.names).toHaveLength(4);
    await begun.end(0);
    expect(begun.names).toEqual(['greedy', 'greedy', 'other', 'third', 'greedy']);
    for (const at of [1, 4]) await begun.end(at);
    await Promise.all(all);
  });
});
