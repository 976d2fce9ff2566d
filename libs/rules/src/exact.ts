/**
 * An exact decimal, divided by a count: `units × 10^-scale ÷ n`. Sums and averages are kept so, since sums of doubles
 * round. A number means the shortest decimal that its double prints as.
 */
export interface Quantity { readonly units: bigint; readonly scale: number; readonly n: bigint }

export function exact(value: number): Quantity {
  const [digits, exponent = '0'] = String(value).split('e') as [string, string?];
  const [whole, fraction = ''] = digits.split('.') as [string, string?];
  const scale = fraction.length - Number(exponent);
  const units = BigInt(whole + fraction);
  return scale >= 0 ? { units, scale, n: 1n } : { units: units * 10n ** BigInt(-scale), scale: 0, n: 1n };
}

export function sum(values: Iterable<number>): Quantity {
  let units = 0n;
  let scale = 0;
  for (const value of values) {
    const next = exact(value);
    const wider = Math.max(scale, next.scale);
    units = units * 10n ** BigInt(wider - scale) + next.units * 10n ** BigInt(wider - next.scale);
    scale = wider;
  }
  return { units, scale, n: 1n };
}

/** Below zero where the quantity is less than the number, zero where they are equal, else above. */
export function compare(quantity: Quantity | number, value: number): number {
  if (typeof quantity === 'number') return quantity - value;
  const other = exact(value);
  const left = quantity.units * 10n ** BigInt(other.scale);
  const right = other.units * quantity.n * 10n ** BigInt(quantity.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The nearest double, to show. */
export function toNumber(quantity: Quantity | number): number {
  if (typeof quantity === 'number') return quantity;
  return Number(`${quantity.units}e-${quantity.scale}`) / Number(quantity.n);
}
