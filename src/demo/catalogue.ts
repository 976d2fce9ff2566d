/** What the demo's tenant has before its first contact. */
export const customFields = [
  { key: 'company_size', label: 'Company size', type: 'select', options: ['1-10 employees', '11-50 employees', '51-200 employees', '201-1000 employees', '1000+ employees'] },
  { key: 'industry', label: 'Industry', type: 'select', options: ['SaaS', 'Technology', 'Software', 'Retail', 'Finance', 'Healthcare', 'Education', 'Manufacturing'] },
  { key: 'account_type', label: 'Account type', type: 'select', options: ['free', 'trial', 'paid'] },
  { key: 'trial_end_date', label: 'Trial end date', type: 'date' },
  { key: 'last_purchase_date', label: 'Last purchase date', type: 'date' },
  { key: 'customer_ltv', label: 'Customer lifetime value', type: 'number' },
  { key: 'bounced', label: 'Bounced', type: 'boolean' },
  { key: 'interests', label: 'Interests', type: 'multi_select', options: ['automation', 'analytics', 'integrations', 'email marketing', 'crm', 'reporting', 'design', 'sales'] },
  { key: 'signup_date', label: 'Signup date', type: 'date' },
  { key: 'total_revenue', label: 'Total revenue', type: 'number' },
  { key: 'lifetime_opens', label: 'Lifetime opens', type: 'number' },
] as const;

export interface DemoCampaign {
  readonly externalId: string;
  readonly name: string;
  readonly daysAgo: number;
  /** The share of the contacts that are written to. */
  readonly reach: number;
  /** Where its links lead. */
  readonly links: readonly string[];
}

const site = 'https://example.com';

export const campaigns: readonly DemoCampaign[] = [
  { externalId: 'spring-survey', name: 'Spring Survey', daysAgo: 171, reach: 0.4, links: [`${site}/survey`] },
  { externalId: 'customer-stories-1', name: 'Customer Stories', daysAgo: 149, reach: 0.4, links: [`${site}/stories/acme`, `${site}/blog`] },
  { externalId: 'webinar-1', name: 'Webinar: Getting Started', daysAgo: 118, reach: 0.4, links: [`${site}/webinar`, `${site}/demo`] },
  { externalId: 'newsletter-1', name: 'Newsletter 1', daysAgo: 96, reach: 0.45, links: [`${site}/blog`, `${site}/pricing`] },
  { externalId: 'partner-offer', name: 'Partner Offer', daysAgo: 74, reach: 0.35, links: [`${site}/offer`, `${site}/pricing`] },
  { externalId: 'newsletter-2', name: 'Newsletter 2', daysAgo: 58, reach: 0.45, links: [`${site}/blog`, `${site}/integrations`] },
  { externalId: 'product-launch-q4', name: 'Product Launch Q4', daysAgo: 27, reach: 0.7, links: [`${site}/pricing`, `${site}/pricing?plan=pro`, `${site}/demo`, `${site}/launch`] },
  { externalId: 'webinar-2', name: 'Webinar: Automation', daysAgo: 21, reach: 0.4, links: [`${site}/webinar`, `${site}/automation`] },
  { externalId: 'feature-announcement', name: 'Feature Announcement', daysAgo: 14, reach: 0.6, links: [`${site}/features`, `${site}/changelog`] },
  { externalId: 'newsletter-3', name: 'Newsletter 3', daysAgo: 9, reach: 0.45, links: [`${site}/blog`, `${site}/pricing`] },
  { externalId: 'product-update', name: 'Product Update', daysAgo: 4, reach: 0.4, links: [`${site}/changelog`, `${site}/pricing`] },
];
