import { describeNode } from '../readings/describe.js';
import type { Rule } from '../rule.js';
import type { Claim } from './claim.js';
import { clashes, windowsClash } from './clash.js';
import { type Formula, formulaOf } from './formula.js';

/** Why rules can match nobody, or everybody: in words, and the conditions by their JSON Pointers. */
export interface Settled {
  readonly reason: string;
  readonly pointers: readonly string[];
}

/** More ways through the alternatives than this are not followed; then nothing is said. */
const mostWays = 2_000;

/** Why no contact can match at any moment, whatever its data; null where one could, or where that is not seen. */
export function neverMatches(rule: Rule): Settled | null {
  return clashIn([formulaOf(rule)], [], { left: mostWays });
}

/** Why every contact matches at every moment; null where one could be left out, or where that is not seen. */
export function alwaysMatches(rule: Rule): Settled | null {
  const clash = clashIn([formulaOf(rule, true)], [], { left: mostWays });
  if (clash === null) return null;
  return { reason: 'Nothing that a contact could be or do makes it fail.', pointers: clash.pointers };
}

/** The same for rules that are written differently and say the same; different rules may say the same all the same. */
export function meaningOf(rule: Rule): string {
  return formulaOf(rule).key;
}

function clashIn(wanted: readonly Formula[], claims: readonly Claim[], ways: { left: number }): Settled | null {
  const known = [...claims];
  const alternatives: Extract<Formula, { kind: 'all' | 'any' }>[] = [];
  const queue = [...wanted];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next.kind === 'constant' && !next.value) return { reason: 'A group that needs any of no conditions is true for nobody.', pointers: [] };
    if (next.kind === 'all') queue.unshift(...next.parts);
    if (next.kind === 'any') alternatives.push(next);
    if (next.kind !== 'claim') continue;
    known.push(next.claim);
    const clash = clashWith(next.claim, known);
    if (clash !== null) return clash;
  }
  const [first, ...rest] = alternatives;
  if (first === undefined) return null;
  const clashes: Settled[] = [];
  for (const part of first.parts) {
    ways.left -= 1;
    const clash = ways.left < 0 ? null : clashIn([part, ...rest], known, ways);
    if (clash === null) return null;
    clashes.push(clash);
  }
  return { reason: [...new Set(clashes.map(({ reason }) => reason))].slice(0, 3).join(' '), pointers: [...new Set(clashes.flatMap(({ pointers }) => pointers))] };
}

function clashWith(claim: Claim, known: readonly Claim[]): Settled | null {
  if (clashes([claim])) return told([claim], 'is true for nobody');
  const about = known.filter(({ subject }) => subject === claim.subject);
  const pair = about.find((other) => other !== claim && clashes([other, claim]));
  if (pair !== undefined) return told([pair, claim], 'exclude one another');
  if (clashes(about)) return told(about, 'exclude one another');
  const counted = known.find((other) => windowsClash(claim, other) || windowsClash(other, claim));
  return counted === undefined ? null : told([counted, claim], 'exclude one another');
}

function told(claims: readonly Claim[], what: string): Settled {
  const inOrder = [...claims].sort((a, b) => a.condition.pointer.localeCompare(b.condition.pointer, 'en', { numeric: true }));
  const words = inOrder.map(({ condition, flipped }) => `“${flipped ? 'not: ' : ''}${describeNode(condition)}”`);
  return { reason: `${words.join(' and ')} ${what}.`, pointers: inOrder.map(({ condition }) => condition.pointer) };
}
