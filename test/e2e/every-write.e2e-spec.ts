import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StoredSegments } from '../support/stored-segments.js';
import { publishedOperations } from '../support/tenant-world.js';

const now = '2026-05-01T12:00:00Z';
const when = (condition: object): object => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] });
const from = (country: string): object => when({ field: 'contact.country', operator: 'equals', value: country });
const people = ['ann', 'bob', 'cid', 'dot', 'eve', 'fay'].map((name) => `${name}@example.com`) as [string, string, string, string, string, string];
const [ann, bob, cid, dot, eve, fay] = people;

/** Writes that no rule can see, or that are refused while a rule does: keys, exports, what is measured and sent, what is not used, readings by POST. */
const unseen = [
  'createApiKey', 'revokeApiKey', 'rotateApiKey', 'createCustomField', 'createEventType', 'createCampaign', 'archiveCampaign', 'cancelCampaign', 'setAudience', 'launchCampaign',
  'setCampaignSettings', 'addSuppressions', 'removeSuppression', 'createExperiment', 'startExperiment', 'stopExperiment', 'createExport', 'cancelExport', 'previewImport',
  'cancelImport', 'createRollup', 'setAnalyticsSettings', 'freezeSegment', 'importDefinitions', 'instantiateSegmentTemplate', 'requestRefresh', 'cancelRefresh',
  'createTenant', 'updateTenant', 'removeTenant', 'setClock', 'backtestRules', 'previewSegment', 'previewAudience', 'validateRules', 'computeSampleSize', 'updateCustomField', 'deleteCustomField', 'deleteEventType', 'deleteSegment',
];

/** Whatever a route changes, the segments follow: after each the stored members are what a full recomputation gives. */
describe('After a write by any route', () => {
  let service: TestService;
  let tenant: TestTenant;
  const id: Record<string, string> = {};

  beforeAll(async () => {
    service = await startTestService();
    await service.clock(now);
    tenant = await service.tenant();
    id['field'] = (await done<{ id: string }>('POST', '/custom-fields', { key: 'plan', label: 'Plan', type: 'text' })).id;
    id['type'] = (await done<{ id: string }>('POST', '/event-types', { key: 'own', label: 'Own', properties: { plan: 'string' } })).id;
    id['campaign'] = (await done<{ id: string }>('POST', '/campaigns', { name: 'News', externalId: 'news' })).id;
    await done('POST', '/contacts/batch', { contacts: [{ email: ann, country: 'France' }, { email: bob, customFields: { plan: 'pro' } }, { email: cid }, { email: dot, country: 'France', customFields: { plan: 'pro' } }] });
    for (const email of [ann, bob, dot]) {
      const { items } = await done<{ items: { id: string }[] }>('GET', `/contacts?email=${email}`);
      id[email] = items[0]!.id;
    }
    await done('POST', '/events/batch', { events: [
      { id: 'opened', type: 'opened', email: ann, occurredAt: '2026-04-30T12:00:00Z', campaignId: 'news' }, { id: 'own', type: 'own', email: bob, occurredAt: '2026-04-30T12:00:00Z', properties: { plan: 'pro' } },
    ] });
    id['list'] = (await done<{ id: string }>('POST', '/segments', { name: 'list', type: 'static', emails: [ann] })).id;
    const follows = async (name: string, rules: object): Promise<void> => { id[name] = (await done<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules })).id; };
    await follows('France', from('France'));
    await follows('in France', when({ segment: id['France'], operator: 'in' }));
    await follows('not in the list', when({ segment: id['list'], operator: 'not_in' }));
    await follows('pro', when({ field: 'customField.plan', operator: 'equals', value: 'pro' }));
    await follows('openers', when({ event: 'opened', window: { last: 30, unit: 'days' } }));
    await follows('opened once', when({ field: 'engagement.total_opens', operator: 'greater_or_equal', value: 1 }));
    await follows('of the news', when({ event: 'opened', where: [{ property: 'campaign.name', operator: 'equals', value: 'News' }] }));
    await follows('own with a plan', when({ event: 'own', where: [{ property: 'properties.plan', operator: 'is_set' }] }));
    await followed();
  });
  afterAll(async () => {
    await service.stop();
  });

  const done = async <Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Body> => {
    const answer = await tenant.request<Body>(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  /** Waits until the segments say that they are fresh, and compares them with their rules; who is in which. */
  async function followed(): Promise<string> {
    const segments = await until(
      async () => (await done<{ items: { id: string; status: string; freshness: string }[] }>('GET', '/segments?type=dynamic&limit=100')).items.filter(({ status }) => status === 'active'),
      (all) => all.every(({ freshness }) => freshness === 'fresh'), 30_000);
    const stored = new StoredSegments(service);
    const rows = await stored.read(tenant.id, async (tx, all) => await stored.recomputed(tx, new Map([...all].filter(([, { active }]) => active)), Date.parse(now)));
    expect(rows.map((row) => [row.id, row.stored.sort()])).toEqual(rows.map((row) => [row.id, row.should.sort()]));
    const members = await Promise.all(segments.map(async (one) => [one.id, (await done<{ items: { contactId: string }[] }>('GET', `/segments/${one.id}/contacts`)).items.map(({ contactId }) => contactId).sort()]));
    return JSON.stringify(members.sort());
  }

  const imported = async (): Promise<void> => {
    const { id: made } = await done<{ id: string }>('POST', '/imports', `email,country\n${fay},France\n`, { 'content-type': 'text/csv' });
    id['import'] = made;
    await until(async () => (await done<{ status: string }>('GET', `/imports/${made}`)).status, (status) => status === 'succeeded' || status === 'completed', 30_000);
  };

  /** In this order; each moves somebody, or makes or ends a segment. */
  const writes: Readonly<Record<string, () => Promise<unknown>>> = {
    createContact: async () => await done('POST', '/contacts', { email: eve, country: 'France' }),
    createContactsBatch: async () => await done('POST', '/contacts/batch', { contacts: [{ email: cid, country: 'France' }] }),
    updateContact: async () => await done('PATCH', `/contacts/${id[ann]}`, { country: 'Spain' }),
    appendEvents: async () => await done('POST', '/events/batch', { events: [{ id: 'other', type: 'opened', email: cid, occurredAt: '2026-04-29T12:00:00Z', campaignId: 'news' }] }),
    updateCampaign: async () => await done('PATCH', `/campaigns/${id['campaign']}`, { name: 'Old news' }),
    takeBackEvent: async () => await done('DELETE', '/events/opened'),
    addMembers: async () => await done('POST', `/segments/${id['list']}/contacts`, { emails: [bob] }),
    removeMembers: async () => await done('DELETE', `/segments/${id['list']}/contacts`, { emails: [ann] }),
    setOverrides: async () => await done('PUT', `/segments/${id['France']}/overrides`, { overrides: [{ email: ann, pin: 'in' }] }),
    updateEventType: async () => await done('PATCH', `/event-types/${id['type']}`, { properties: { plan: 'number' } }),
    mergeContact: async () => await done('POST', `/contacts/${id[bob]}/merge`, { email: dot }),
    eraseContact: async () => await done('DELETE', `/contacts/${id[bob]}`),
    createImport: imported,
    rollBackImport: async () => {
      await done('POST', `/imports/${id['import']}/rollback`);
      await until(async () => (await done<{ items: object[] }>('GET', `/contacts?email=${fay}`)).items.length, (left) => left === 0, 30_000);
    },
    updateSegment: async () => await done('PATCH', `/segments/${id['France']}`, { rules: from('Spain') }),
    restoreRulesVersion: async () => await done('POST', `/segments/${id['France']}/restore`, { version: 1 }),
    archiveSegment: async () => await done('POST', `/segments/${id['pro']}/archive`),
    activateSegment: async () => await done('POST', `/segments/${id['pro']}/activate`),
    createSegment: async () => { id['Spain'] = (await done<{ id: string }>('POST', '/segments', { name: 'Spain', type: 'dynamic', rules: from('Spain') })).id; },
    duplicateSegment: async () => { id['copy'] = (await done<{ id: string }>('POST', `/segments/${id['Spain']}/duplicate`)).id; await done('POST', `/segments/${id['copy']}/activate`); },
  };

  it('the members are those of a full recomputation, by every route that rules can see', async () => {
    const mutating = (await publishedOperations(service)).filter(({ method }) => method !== 'GET').map((operation) => operation.id);
    expect(mutating.filter((operation) => writes[operation] === undefined && !unseen.includes(operation))).toEqual([]);
    let before = await followed();
    const idle: string[] = [];
    for (const [operation, write] of Object.entries(writes)) {
      await write();
      const after = await followed();
      if (after === before) idle.push(operation);
      before = after;
    }
    // A write that moves nobody would show nothing.
    expect(idle).toEqual([]);
  }, 120_000);
});
