import type { Audience, Source, Step } from './audience.js';
import { nameOfSource } from './audience.js';

/** The counts of one decision over an audience, as `countDecided` answers them. */
export interface Counted {
  /** How many each include matches. */
  matches: number[];
  /** How many each include brings that none before it did, by its place. */
  brings: Record<string, number> | null;
  /** How many end at each step, by its place; -1: at none. */
  steps: Record<string, number> | null;
  sample: string[] | null;
}

export interface Waterfall {
  /** How many the includes name together, each contact once. */
  readonly included: number;
  readonly include: readonly { index: number; segmentId?: string; name?: string; matches: number; brings: number }[];
  /** In the order applied: what each takes, and what remains after it. */
  readonly steps: readonly (Step & { removed: number; remaining: number })[];
  /** How many are sent the campaign: what the last step leaves. */
  readonly final: number;
}

/** Puts counts into the order of the steps, so that included − all removed = final. */
export function waterfallOf(audience: Audience, steps: readonly Step[], counted: Counted): Waterfall {
  const include = audience.include.map((source: Source, index) => ({
    index, ...nameOfSource(source), matches: counted.matches[index] ?? 0, brings: counted.brings?.[String(index)] ?? 0,
  }));
  const included = include.reduce((sum, { brings }) => sum + brings, 0);
  let remaining = included;
  const applied = steps.map((step, index) => {
    const removed = counted.steps?.[String(index)] ?? 0;
    remaining -= removed;
    return { ...step, removed, remaining };
  });
  return { included, include, steps: applied, final: remaining };
}
