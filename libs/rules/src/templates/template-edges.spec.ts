import { parse } from '../parse.js';
import { evaluate } from '../readings/evaluate.js';
import type { ContactSnapshot } from '../readings/memory/snapshot.js';
import type { Vocabulary } from '../vocabulary.js';
import { segmentId } from '../../test/support/vocabulary.js';
import { findTemplate, templates } from './templates.js';

const asOf = Date.parse('2026-03-31T12:00:00Z');
const required = new Map(templates.flatMap(({ requires }) => requires.customFields).map((field) => [field.key, field]));
const customFields = [...required.values()].map((field, index) => ({ options: [], ...field, id: segmentId(index) }));
const vocabulary: Vocabulary = { customFields, eventTypes: [], segments: new Map() };
const unset: ContactSnapshot['texts'] = {
  email: 'a@example.com', first_name: null, last_name: null, company: null, job_title: null, phone: null,
  country: null, state: null, city: null, timezone: null, source: null,
};

/** A contact with so many custom values, by key; every other property is unset. */
function contact(custom: Record<string, unknown>, texts: Record<string, string> = {}): ContactSnapshot {
  const byId = customFields.flatMap(({ id, key }) => (key in custom ? [[id, custom[key]]] : []));
  return {
    id: segmentId(500), zone: 'UTC', texts: { ...unset, ...texts }, subscriptionStatus: 'active', leadScore: null, createdAt: asOf, updatedAt: asOf,
    tags: [], custom: Object.fromEntries(byId) as Record<string, unknown>, events: [], campaigns: new Map(), lists: new Set(), overrides: new Map(),
  };
}

const inUS = { country: 'united states' };

// Expected by hand from the rule language, with today = 31 March 2026.
test.each<[string, Record<string, unknown>, Record<string, string>, boolean]>([
  ['location-based', {}, { ...inUS, state: 'CALIFORNIA' }, true],
  ['location-based', {}, { ...inUS, city: 'san francisco' }, true],
  ['location-based', {}, inUS, false],
  ['location-based', {}, { state: 'California', city: 'San Francisco' }, false],
  ['company-size', { company_size: '51-200 Employees' }, {}, true],
  ['company-size', { company_size: '51-200 employees ' }, {}, false],
  ['company-size', {}, {}, false],
  ['industry', { industry: 'saas' }, {}, true],
  ['industry', { industry: 'Technology' }, {}, true],
  ['industry', { industry: 'software' }, {}, true],
  ['industry', { industry: 'SaaS2' }, {}, false],
  ['industry', {}, {}, false],
  ['trial-users', { account_type: 'Trial', trial_end_date: '2026-03-31' }, {}, true],
  ['trial-users', { account_type: 'trial', trial_end_date: '2026-04-07' }, {}, true],
  ['trial-users', { account_type: 'trial', trial_end_date: '2026-04-08' }, {}, false],
  ['trial-users', { account_type: 'trial', trial_end_date: '2026-03-30' }, {}, false],
  ['trial-users', { account_type: 'paid', trial_end_date: '2026-04-01' }, {}, false],
  ['trial-users', { account_type: 'trial' }, {}, false],
  ['customers', { account_type: 'paid', last_purchase_date: '2025-12-31' }, {}, true],
  ['customers', { account_type: 'paid', last_purchase_date: '2025-12-30' }, {}, false],
  ['customers', { account_type: 'paid', last_purchase_date: '2026-03-31' }, {}, true],
  ['customers', { account_type: 'paid', last_purchase_date: '2026-04-01' }, {}, false],
  ['customers', { last_purchase_date: '2026-03-01' }, {}, false],
  ['interests', { interests: ['AUTOMATION'] }, {}, true],
  ['interests', { interests: ['crm', 'analytics'] }, {}, true],
  ['interests', { interests: ['integrations'] }, {}, true],
  ['interests', { interests: ['crm'] }, {}, false],
  ['interests', {}, {}, false],
  ['trial-expiring-soon', { trial_end_date: '2026-03-31' }, {}, true],
  ['trial-expiring-soon', { trial_end_date: '2026-04-07' }, {}, true],
  ['trial-expiring-soon', { trial_end_date: '2026-04-08' }, {}, false],
  ['trial-expiring-soon', { trial_end_date: '2026-03-30' }, {}, false],
  ['anniversary-outreach', { signup_date: '2025-03-01' }, {}, true],
  ['anniversary-outreach', { signup_date: '2020-03-31' }, {}, true],
  ['anniversary-outreach', { signup_date: '2026-03-01' }, {}, false],
  ['anniversary-outreach', { signup_date: '2024-02-29' }, {}, false],
  ['anniversary-outreach', { signup_date: '2025-04-01' }, {}, false],
  ['high-value-cohort', { total_revenue: 5000.01, lifetime_opens: 51 }, {}, true],
  ['high-value-cohort', { total_revenue: 5000, lifetime_opens: 51 }, {}, false],
  ['high-value-cohort', { total_revenue: 5000.01, lifetime_opens: 50 }, {}, false],
])('%s with %j and %j: %s', (key, custom, texts, expected) => {
  const { rule } = parse(findTemplate(key)!.rules, vocabulary);
  expect(evaluate(rule!, contact(custom, texts), { asOf, references: new Map() })).toBe(expected);
});
