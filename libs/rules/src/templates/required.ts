import type { SegmentDefinition } from '../definition.js';
import { all, any, atLeast, field, moreThanAgo, rules, within, type RequiredField } from './template.js';

/** The custom fields that the guide's segments rest on. */
export const requiredFields = {
  companySize: { key: 'company_size', label: 'Company size', type: 'text' },
  industry: { key: 'industry', label: 'Industry', type: 'text' },
  accountType: { key: 'account_type', label: 'Account type', type: 'text' },
  trialEndDate: { key: 'trial_end_date', label: 'Trial end date', type: 'date' },
  lastPurchaseDate: { key: 'last_purchase_date', label: 'Last purchase date', type: 'date' },
  customerLtv: { key: 'customer_ltv', label: 'Customer lifetime value', type: 'number' },
  bounced: { key: 'bounced', label: 'Bounced', type: 'boolean' },
  interests: {
    key: 'interests', label: 'Interests', type: 'multi_select',
    options: ['automation', 'analytics', 'integrations', 'email marketing', 'crm', 'reporting', 'design', 'sales'],
  },
  signupDate: { key: 'signup_date', label: 'Signup date', type: 'date' },
  totalRevenue: { key: 'total_revenue', label: 'Total revenue', type: 'number' },
  lifetimeOpens: { key: 'lifetime_opens', label: 'Lifetime opens', type: 'number' },
} as const satisfies Record<string, RequiredField>;

export const productUsers = 'Product Users';
export const allActiveSubscribers = 'All Active Subscribers';
export const recentPurchasers = 'Recent Purchasers';
export const unengaged = 'Unengaged (90+ days)';

/** What the guide's segments refer to, with rules to begin with where a tenant has no segment of that name. */
export const requiredSegments: Readonly<Record<string, { readonly description: string; readonly rules: SegmentDefinition }>> = {
  [allActiveSubscribers]: {
    description: 'Everyone who may be written to.',
    rules: rules(all(field('contact.subscription_status', 'equals', 'active'), field('contact.unsubscribed', 'equals', false))),
  },
  [recentPurchasers]: {
    description: 'Converted within the last 30 days.',
    rules: rules(all(atLeast(1, 'converted', 30))),
  },
  [unengaged]: {
    description: 'No activity for more than 90 days, or none at all since they were added so long ago.',
    rules: rules(any(
      moreThanAgo('engagement.last_activity_at', 90),
      all({ field: 'engagement.last_activity_at', operator: 'is_not_set' }, moreThanAgo('contact.created_at', 90)),
    )),
  },
  [productUsers]: {
    description: 'Tagged “product user”, or active within the last 90 days.',
    rules: rules(any(field('contact.tags', 'contains', 'product user'), within('engagement.last_activity_at', 90))),
  },
};
