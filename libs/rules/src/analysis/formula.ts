import type { Node, Rule } from '../rule.js';
import { type Claim, claimOf, keyOf, negated } from './claim.js';
import { clashes } from './clash.js';

/**
 * A rule as one expression over claims, in one way of writing it: NOT stands at the claims only, AND and OR are flat, in the
 * order of their keys and without repetition, exclusions are part of it, and what decides nothing is left out.
 */
export type Formula =
  | { readonly kind: 'constant'; readonly value: boolean; readonly key: string }
  | { readonly kind: 'claim'; readonly claim: Claim; readonly key: string }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Formula[]; readonly key: string };

const constant = (value: boolean): Formula => ({ kind: 'constant', value, key: String(value) });

export function formulaOf(rule: Rule, negate = false): Formula {
  const included = combine(rule.groups.length === 0 ? 'all' : rule.match, rule.groups, rule.timezone, negate);
  if (rule.exclusions.length === 0) return included;
  return join(negate ? 'any' : 'all', [included, combine('any', rule.exclusions, rule.timezone, !negate)]);
}

function of(node: Node, timezone: string, negate: boolean): Formula {
  if (node.kind === 'group') return combine(node.match, node.conditions, timezone, negate !== node.negate);
  const claim = claimOf(node, timezone);
  return literal(negate ? negated(claim) : claim);
}

/** A claim that everybody satisfies is settled; one that nobody does stays, to be told of. */
function literal(claim: Claim): Formula {
  return clashes([negated(claim)]) ? constant(true) : { kind: 'claim', claim, key: keyOf(claim) };
}

function combine(match: 'all' | 'any', nodes: readonly Node[], timezone: string, negate: boolean): Formula {
  const parts = nodes.map((node) => of(node, timezone, negate));
  return join(negate ? (match === 'all' ? 'any' : 'all') : match, parts);
}

function join(kind: 'all' | 'any', parts: readonly Formula[]): Formula {
  const decisive = kind === 'any';
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  if (flat.some((part) => part.kind === 'constant' && part.value === decisive)) return constant(decisive);
  const kept = [...new Map(flat.filter((part) => part.kind !== 'constant').map((part) => [part.key, part])).values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const [only] = kept;
  if (only === undefined) return constant(!decisive);
  return kept.length === 1 ? only : { kind, parts: kept, key: `${kind}(${kept.map(({ key }) => key).join(' ')})` };
}
