import { requiredFields as fields } from './required.js';
import { all, any, atLeast, field, rules, template, within, type SegmentTemplate } from './template.js';

const NORTH_AMERICAN_ZONES = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'];
const WEEK = { amount: 7, unit: 'days' };

/** The guide's segments of who contacts are. */
export const profileTemplates: readonly SegmentTemplate[] = [
  template(5, 'location-based', 'Location-Based', 'In the United States, and in California or San Francisco.', rules(all(
    field('contact.country', 'equals', 'United States'),
    any(field('contact.state', 'equals', 'California'), field('contact.city', 'equals', 'San Francisco')),
  ))),
  template(6, 'company-size', 'Company Size', 'From companies of 51 to 200 employees.', rules(all(
    field('customField.company_size', 'equals', '51-200 employees'),
  )), { customFields: [fields.companySize] }),
  template(7, 'industry', 'Industry', 'From SaaS, technology and software companies.', rules(all(
    field('customField.industry', 'in', ['SaaS', 'Technology', 'Software']),
  )), { customFields: [fields.industry] }),
  template(8, 'new-leads', 'New Leads', 'Added within the last 7 days and not written to yet.', rules(all(
    within('contact.created_at', 7), field('engagement.emails_sent', 'equals', 0),
  ))),
  template(9, 'trial-users', 'Trial Users', 'On a trial that ends within the next 7 days.', rules(all(
    field('customField.account_type', 'equals', 'trial'), field('customField.trial_end_date', 'within_next', WEEK),
  )), { customFields: [fields.accountType, fields.trialEndDate] }),
  template(10, 'customers', 'Customers', 'Paying, with a purchase within the last 90 days.', rules(all(
    field('customField.account_type', 'equals', 'paid'), within('customField.last_purchase_date', 90),
  )), { customFields: [fields.accountType, fields.lastPurchaseDate] }),
  template(11, 'engaged-or-high-value', 'Engaged OR High-Value', 'Engaged within the last 30 days, or with a high score and lifetime value.', {
    version: 1, match: 'any',
    groups: [
      all(atLeast(3, 'opened', 30), atLeast(1, 'clicked', 30)),
      all(field('contact.lead_score', 'greater_or_equal', 75), field('customField.customer_ltv', 'greater_or_equal', 1000)),
    ],
  }, { customFields: [fields.customerLtv] }),
  template(12, 'advanced-multi-condition', 'Advanced Multi-Condition', 'North American, engaged, and neither unqualified nor bounced.', rules(
    all(field('contact.country', 'in', ['United States', 'Canada']), field('contact.timezone', 'in', NORTH_AMERICAN_ZONES)),
    all(within('engagement.last_opened_at', 60), field('engagement.total_clicks', 'greater_or_equal', 5)),
    all(field('contact.tags', 'contains_none', ['unqualified']), field('customField.bounced', 'not_equals', true)),
  ), { customFields: [fields.bounced] }),
  template(21, 'interests', 'Interests', 'Interested in automation, analytics or integrations.', rules(all(
    field('customField.interests', 'contains_any', ['automation', 'analytics', 'integrations']),
  )), { customFields: [fields.interests] }),
  template(22, 'trial-expiring-soon', 'Trial Expiring Soon', 'The trial ends between today and 7 days from now.', rules(all(
    field('customField.trial_end_date', 'between', [{ relative: 'today' }, { fromNow: 7, unit: 'days' }]),
  )), { customFields: [fields.trialEndDate] }),
  template(23, 'anniversary-outreach', 'Anniversary Outreach', 'Signed up in this month of an earlier year.', rules(all(
    field('customField.signup_date', 'anniversary', 'this_month'),
  )), { customFields: [fields.signupDate] }),
  template(24, 'high-value-cohort', 'High-Value Cohort', 'More than 5,000 in revenue and more than 50 opens.', rules(all(
    field('customField.total_revenue', 'greater_than', 5000), field('customField.lifetime_opens', 'greater_than', 50),
  )), { customFields: [fields.totalRevenue, fields.lifetimeOpens] }),
];
