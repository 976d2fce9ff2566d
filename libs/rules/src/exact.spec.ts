import { compare, exact, sum, toNumber } from './exact.js';

describe('an exact quantity', () => {
  it('adds decimals without rounding', () => {
    expect(compare(sum([0.1, 0.2]), 0.3)).toBe(0);
    expect(compare(sum([1e15, 0.1, -1e15]), 0.1)).toBe(0);
    expect(compare(sum([]), 0)).toBe(0);
  });

  it('is the shortest decimal of its double', () => {
    expect(exact(1e-7)).toEqual({ units: 1n, scale: 7, n: 1n });
    expect(exact(1.5e21)).toEqual({ units: 1500000000000000000000n, scale: 0, n: 1n });
    expect(exact(-0.25)).toEqual({ units: -25n, scale: 2, n: 1n });
    expect(exact(-0)).toEqual({ units: 0n, scale: 0, n: 1n });
  });

  it('holds an average against a value without dividing', () => {
    const average = { ...sum([1, 1, 2]), n: 3n };
    expect(compare(average, 1.3333333333333333)).toBe(1);
    expect(compare({ ...sum([0.1, 0.2, 0.3]), n: 3n }, 0.2)).toBe(0);
    expect(compare({ ...sum([-1, -2]), n: 2n }, -1.5)).toBe(0);
  });

  it('shows as the nearest double', () => {
    expect(toNumber(sum([0.1, 0.2]))).toBe(0.3);
    expect(toNumber({ ...sum([1, 2]), n: 2n })).toBe(1.5);
  });
});
