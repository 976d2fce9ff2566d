import { type Sql, sql } from '#database';
import { templates } from '#rules';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { dayByHand, recipientsByHand } from '../bench/hand-written-analytics.sql.js';
import { cheapestDifference, handWritten, handWrittenTemplates } from '../bench/hand-written.sql.js';
import { AskedPlans } from '../support/asked-plans.js';
import { CONTACTS, large, pinAndRefreshOften, plannedAt, type PlannedTenant, renewStatistics, startPlannedTenant } from '../support/planned-tenant.js';
import { goldenScans, planOf, scansOf, sortedScans } from '../support/plans.js';

const [questionPlans, baselinePlans] = ['question-plans', 'baseline-plans'].map((name) => new URL(`../golden/${name}.json`, import.meta.url)) as [URL, URL];
/** Beside what refreshes read. Suppressions are hashed or looked up, as good as equal of this many: which it is says nothing. */
const further = ['segment_day', 'tenant_day', 'campaign_recipient', 'experiment_assignment'];
const tables = [...large, ...further];
const now = new Date(plannedAt);
const [monthBefore, today] = ['2026-01-31', '2026-03-01'];
const launch = 'recipients of a launch';
/** Of a tenant with so many contacts counts are estimated, and a profile is of a sample. */
const manyContacts = 200_000;

/**
 * How questions are answered, and how the statements read that the benches measure against, of a tenant large enough that the planner
 * has a choice. What reads a table through, or another table, or by another index, fails here and is read in review: `UPDATE_GOLDEN=1`
 * writes it anew.
 */
describe('Of a large tenant', () => {
  let planned: PlannedTenant;
  let segments: ReadonlyMap<string, { readonly id: string; readonly rules: object }>;
  let contact: string;
  let experiment: string;
  const lists: string[] = [];

  beforeAll(async () => {
    planned = await startPlannedTenant({ detailed: true });
    const { tenant, owner } = planned;
    await owner.query(further.map((table) => `alter table ${table} set (autovacuum_enabled = false)`).join('; '));
    contact = (await done('POST', '/contacts', { email: 'asked@example.com', country: 'United States', state: 'California', leadScore: 10 })).id;
    await done('POST', '/events/batch', { events: ['sent', 'opened', 'clicked'].map((type) => ({ id: type, type, email: 'asked@example.com', occurredAt: '2026-02-20T12:00:00Z' })) });
    await fillSegments();
    const { items } = await done<{ items: { id: string; name: string; rules: object }[] }>('GET', '/segments?limit=100');
    segments = new Map(items.map((item) => [item.name, item]));
    await pinAndRefreshOften(owner, tenant.id);
    await done('POST', '/suppressions/batch', { suppressions: emailsOf(5).map((address) => ({ address })) });
    for (const nth of [2, 3, 11]) lists.push((await done('POST', '/segments', { name: `Each ${nth}th`, type: 'static', emails: emailsOf(nth) })).id);
    await done('POST', `/campaigns/${await campaignOf('Launched')}/launch`, {});
    experiment = (await done('POST', '/experiments', {
      name: 'Subjects', hypothesis: 'A name helps.', metric: 'conversion', secondaryMetrics: ['revenue'], baseline: 0.2, minimumEffect: 0.1, arms: [{ name: 'A' }, { name: 'B' }],
    })).id;
    await done('POST', `/experiments/${experiment}/start`);
    await renewStatistics(owner, ...further, 'suppression', 'campaign', 'membership_erased');
  }, 120_000);
  afterAll(async () => { await planned.service.stop(); });

  it('the answers to questions read what grows with the data as it was read in review, scan by scan', async () => {
    const plans = new AskedPlans(planned.tenant, tables);
    try {
      await askForPreviews(plans);
      await askForMembers(plans);
      await askForContacts(plans);
      await askForAnalytics(plans);
      await askForFiles(plans);
      await askForCampaigns(plans);
      await askAsOneOfMany(plans);
    } finally {
      plans.stop();
    }
    expect(plans.scans).toEqual(await goldenScans(questionPlans, plans.scans));
  }, 120_000);

  it('the statements written by hand for the benches read it as it was read in review, scan by scan', async () => {
    const found: Record<string, string[]> = {};
    for (const [name, statement] of Object.entries(await byHand())) found[name] = await scansByHand(statement, name === launch);
    expect(found).toEqual(await goldenScans(baselinePlans, found));
  });

  async function done<Body = { id: string }>(method: string, path: string, body?: object): Promise<Body> {
    const answer = await planned.tenant.request<Body>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  const idOf = (name: string): string => segments.get(name)!.id;

  /** With half a year of history, its moments in the order of writing; and a year of days as a rollup leaves them. */
  async function fillSegments(): Promise<void> {
    const { service: { service: { app } }, tenant, owner } = planned;
    await app.get(RefreshCycle, { strict: false }).run(tenant.id);
    await owner.query(`update membership_change set at = at - (1 - seq::float8 / (select max(seq) from membership_change)) * interval '180 days'`);
    await owner.query('update analytics_state set closed_until = $2::date, membership_seq = (select max(seq) from membership_change) where tenant_id = $1', [tenant.id, today]);
    for (const rows of ["tenant_day (tenant_id, day, part) select $1, day, 'living' from", "segment_day (tenant_id, segment_id, day, part, size) select $1, id, day, 'living', 1000 from segment cross join"]) {
      await owner.query(`insert into ${rows} generate_series($2::date - 365, $2::date - 1, interval '1 day') day`, [tenant.id, today]);
    }
  }

  /** A campaign for two lists and rules, with every step that an audience may have. */
  async function campaignOf(name: string): Promise<string> {
    const [first, second, without] = lists;
    const { id } = await done('POST', '/campaigns', { name });
    await done('PUT', `/campaigns/${id}/audience`, {
      include: [{ segmentId: first }, { segmentId: second }, { name: 'Interests', rules: segments.get('Interests')!.rules }], exclude: [{ segmentId: without }],
      frequencyCap: { campaigns: 2, days: 14 }, cap: { limit: 10_000, order: '-leadScore' }, holdoutPercent: 5,
    });
    return id;
  }

  async function askForPreviews(plans: AskedPlans): Promise<void> {
    for (const { key, name } of templates) await plans.ask(`exact preview of ${key}`, 'POST', '/segments/preview', { rules: segments.get(name)!.rules, exact: true });
    const { id, rules } = segments.get('Engaged OR High-Value')!;
    await plans.ask('preview with a breakdown', 'POST', '/segments/preview', { rules, breakdown: true });
    await plans.ask('preview of an edit', 'POST', '/segments/preview', { rules, segmentId: id });
    await plans.ask('forecast', 'GET', `/segments/${id}/forecast?days=3`);
    await plans.ask('backtest', 'POST', '/segments/backtest', { rules, from: '2026-02-01T00:00:00Z', to: '2026-02-03T00:00:00Z', step: 'day' });
  }

  async function askForMembers(plans: AskedPlans): Promise<void> {
    for (const [which, name] of [['many', 'All Active Subscribers'], ['few', 'Trial Users']] as const) {
      const path = `/segments/${idOf(name)}/contacts?limit=10`;
      await plans.askForPages(`${which} members`, path);
      await plans.askForPages(`${which} members of the past`, `${path}&asOf=2026-02-28T00:00:00Z`);
    }
    const id = idOf('Active Subscribers');
    await plans.askForPages('history of a segment', `/segments/${id}/history?limit=20`);
    await plans.askForPages('refreshes of a segment', `/segments/${id}/refreshes?limit=20`);
    await plans.askForPages('jobs', '/jobs?limit=20');
    await plans.ask('jobs that failed', 'GET', '/jobs?status=failed');
    await plans.askForPages('segments by size', '/segments?sort=-contactCount&limit=5');
    await plans.ask('a segment', 'GET', `/segments/${id}`);
    await plans.ask('explanation', 'GET', `/segments/${id}/explain?contactId=${contact}`);
    await plans.ask('overlap with regions', 'GET', `/segments/overlap?ids=${['Active Subscribers', 'Cold Leads', 'Trial Users'].map(idOf).join()}`);
    await plans.ask('overlap of many', 'GET', `/segments/overlap?ids=${[...segments.values()].slice(0, 8).map((segment) => segment.id).join()}`);
    await plans.ask('hygiene', 'GET', '/segments/hygiene');
  }

  async function askForContacts(plans: AskedPlans): Promise<void> {
    await plans.askForPages('contacts', '/contacts?limit=20');
    await plans.ask('contacts by address', 'GET', '/contacts?email=P7@example.com');
    await plans.ask('a contact', 'GET', `/contacts/${contact}`);
    await plans.askForPages('segments of a contact', `/contacts/${contact}/segments?limit=2`);
    await plans.askForPages('segment history of a contact', `/contacts/${contact}/segment-history?limit=2`);
    await plans.askForPages('events of a contact', `/contacts/${contact}/events?limit=2`);
    for (const by of ['email', 'phone', 'name']) await plans.ask(`duplicates by ${by}`, 'GET', `/contacts/duplicates?by=${by}`);
  }

  async function askForAnalytics(plans: AskedPlans): Promise<void> {
    const id = idOf('Active Subscribers');
    await plans.ask('report of a month', 'GET', `/segments/${id}/analytics?from=${monthBefore}&to=${today}`);
    await plans.ask('report of today', 'GET', `/segments/${id}/analytics?from=${today}&to=${today}`);
    await plans.ask('comparison', 'GET', `/segments/compare?ids=${['Active Subscribers', 'Cold Leads', 'Industry'].map(idOf).join()}&from=${monthBefore}&to=${today}`);
    await plans.ask('funnel of a month', 'GET', `/segments/${id}/funnel?from=${monthBefore}&to=${today}`);
    await plans.ask('funnel of a day', 'GET', `/segments/${id}/funnel?from=2026-01-15&to=2026-01-15`);
    await plans.ask('cohorts by entry', 'GET', `/segments/${id}/cohorts`);
    await plans.ask('cohorts by first conversion', 'GET', `/segments/${id}/cohorts?by=firstConversion`);
    await plans.ask('rfm', 'GET', `/segments/${id}/rfm`);
    await plans.ask('profile of all contacts', 'GET', `/segments/${id}/profile`);
    await plans.ask('results of an experiment', 'GET', `/experiments/${experiment}/results`);
  }

  async function askForFiles(plans: AskedPlans): Promise<void> {
    await plans.ask('export of many members', 'GET', `/segments/${idOf('All Active Subscribers')}/export`);
    await plans.ask('export of few members', 'GET', `/segments/${idOf('Trial Users')}/export`);
    await plans.ask('workbook of few members', 'GET', `/segments/${idOf('Trial Users')}/export?format=xlsx`);
    await plans.ask('export of contacts', 'GET', '/contacts/export');
    await plans.ask('export of events', 'GET', '/events/export?fields=id,type');
  }

  async function askForCampaigns(plans: AskedPlans): Promise<void> {
    const id = await campaignOf('Asked');
    await plans.ask('audience preview', 'POST', `/campaigns/${id}/audience/preview`, {});
    await plans.ask('launch', 'POST', `/campaigns/${id}/launch`, {});
    for (const [name, query] of [['recipients', 'limit=20'], ['recipients held out', 'limit=20&holdout=campaign'], ['recipients due', `limit=20&dueBy=${plannedAt}`]] as const) {
      await plans.askForPages(name, `/campaigns/${id}/recipients?${query}`);
    }
    await plans.ask('report of a campaign', 'GET', `/campaigns/${id}/report`);
  }

  /** As if there were more contacts than anybody looks at one by one. */
  async function askAsOneOfMany(plans: AskedPlans): Promise<void> {
    const { owner, tenant } = planned;
    await owner.query('insert into contact_tally (tenant_id, contacts) values ($1, $2)', [tenant.id, manyContacts]);
    for (const name of ['Active Subscribers', 'Cold Leads', 'Opened But Didn’t Click', 'Interests', 'Exclude Other Segments']) {
      await plans.ask(`estimate of ${name}`, 'POST', '/segments/preview', { rules: segments.get(name)!.rules });
    }
    await plans.ask('profile from a sample', 'GET', `/segments/${idOf('Trial Users')}/profile`);
  }

  /** A launch has memory for its sets, by hand as well. */
  async function scansByHand(statement: Sql, withMemory: boolean): Promise<string[]> {
    return await planned.service.service.database.inTenant(planned.tenant.id, async (tx) => {
      if (withMemory) await tx.giveMemory();
      return sortedScans(scansOf(await planOf(statement, async (sent) => await tx.rows(sent)), tables));
    });
  }

  /** As the benches send them: whom a segment has is counted. */
  async function byHand(): Promise<Readonly<Record<string, Sql>>> {
    const tenantId = planned.tenant.id;
    const [fields, campaigns] = [await done<{ items: { id: string; key: string }[] }>('GET', '/custom-fields?limit=100'), await done<{ items: { id: string; name: string }[] }>('GET', '/campaigns?limit=100')];
    const by = handWritten({
      tenantId, asOf: now, fields: Object.fromEntries(fields.items.map(({ key, id }) => [key, id])), campaigns: Object.fromEntries(campaigns.items.map(({ name, id }) => [name, [id]])),
    });
    const ofTemplates = handWrittenTemplates(by);
    const [subscribers, quiet] = [idOf('All Active Subscribers'), idOf('Unengaged (90+ days)')];
    const counted: Record<string, Sql> = {
      ...Object.fromEntries(templates.map(({ key, number }) => [key, ofTemplates.get(number)!])),
      'all active subscribers': by.subscribed(), 'recent purchasers': by.converted(30), 'unengaged': by.quiet(90), 'product users': by.productUsers(),
      'members of a segment without those of another': by.except(by.members(subscribers), by.members(quiet)),
      'in a segment and not in another': by.inAndNotIn(by.place('United States', 'California', 'San Francisco'), subscribers, quiet),
    };
    return {
      ...Object.fromEntries(Object.entries(counted).map(([name, statement]) => [name, sql`select count(*) from (${statement}) members`])),
      'cheapest difference': cheapestDifference(tenantId, idOf('Active Subscribers'), ofTemplates.get(1)!),
      'rollup of a day': dayByHand(tenantId, '2026-02-20'),
      [launch]: recipientsByHand({
        tenantId, campaignId: campaigns.items[0]!.id, include: ['Active Subscribers', 'Cold Leads'].map(idOf), exclude: [idOf('Industry')], campaigns: 2,
        since: new Date(now.getTime() - 14 * 86_400_000), now, holdoutPercent: 5,
      }),
    };
  }
});

/** Of each so-manyth contact, at most as many as a list takes at once. */
function emailsOf(nth: number): string[] {
  return Array.from({ length: Math.min(10_000, Math.floor(CONTACTS / nth)) }, (_, at) => `p${(at + 1) * nth}@example.com`);
}
