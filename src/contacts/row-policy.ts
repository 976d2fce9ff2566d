import type { ContactPatch } from './contact-properties.js';
import type { ContactState } from './contact-state.js';

export type OnDuplicate = 'update' | 'skip';

/** What rows may do to contacts that are there already. */
export interface RowPolicy {
  /** `fill` sets only what is not set. */
  readonly onDuplicate: OnDuplicate | 'fill';
  /** Whether a row leaves an unsubscribed, bounced or complained contact what it is, where it would make it active or pending. */
  readonly keepsConsent: boolean;
}

/** What remains of a row for a contact that is there, under the policy. */
export function allowedPatch(state: ContactState, patch: ContactPatch, { onDuplicate, keepsConsent }: RowPolicy): ContactPatch {
  const gaps = onDuplicate === 'fill' ? onlyGaps(state, patch) : patch;
  const refused = ['unsubscribed', 'bounced', 'complained'].includes(state.subscriptionStatus)
    && (gaps.subscriptionStatus === 'active' || gaps.subscriptionStatus === 'pending');
  if (!keepsConsent || !refused) return gaps;
  const { subscriptionStatus: _, ...others } = gaps;
  return others;
}

function onlyGaps(state: ContactState, patch: ContactPatch): ContactPatch {
  const { texts, leadScore, tags, addTags, custom } = patch;
  return {
    texts: Object.fromEntries(Object.entries(texts).filter(([property]) => isGap(state.texts[property as keyof typeof state.texts]))),
    ...(leadScore !== undefined && state.leadScore === null ? { leadScore } : {}),
    ...(tags !== undefined && state.tags.length === 0 ? { tags } : {}),
    ...(addTags === undefined ? {} : { addTags }),
    ...(custom === undefined || custom === null ? {} : { custom: new Map([...custom].filter(([id]) => state.custom[id] === undefined)) }),
  };
}

function isGap(text: string | null): boolean {
  return text === null || text === '';
}
