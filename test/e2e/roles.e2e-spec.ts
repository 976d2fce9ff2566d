import { newId } from '#kernel';
import type { Operation } from '../support/openapi-walk.js';
import { adminKey, startTestService, type TestService } from '../support/service.js';
import { publishedOperations } from '../support/tenant-world.js';

/** Who may use what, written down: a new route is added here on purpose. Each role may do what those before it may. */
const table: Readonly<Record<'public' | 'viewer' | 'editor' | 'admin' | 'operator', readonly string[]>> = {
  public: ['live', 'ready', 'metrics'],
  viewer: [
    'getCampaign', 'getContact', 'getCustomField', 'getEventType', 'getJob', 'getRefresh', 'getRulesCatalog', 'getSegment',
    'listCampaigns', 'listContactEvents', 'listContacts', 'listCustomFields', 'listDuplicates', 'listDependents', 'listEventTypes', 'listJobs',
    'listMembers', 'listMembershipChanges', 'listRefreshes', 'listSegmentHistoryOfContact', 'listSegmentTemplates', 'listSegments',
    'listSegmentsOfContact', 'explainMembership', 'forecastSegment', 'overlapSegments', 'exportDefinitions', 'checkSegmentHygiene', 'listSegmentEdits', 'listRulesVersions',
    'compareSegments', 'drawAnalytics', 'drawComparison', 'drawFunnel', 'getAnalytics', 'getAnalyticsSettings', 'getCohorts', 'getFunnel', 'getProfile', 'getRfm',
    'getRollup', 'listRollups',
    'exportMembers', 'exportContacts', 'exportEvents', 'listExports', 'getExport', 'getExportFile', 'listImports', 'getImport', 'listImportErrors', 'listKeptContacts',
    // These POSTs store nothing.
    'previewSegment', 'validateRules', 'backtestRules', 'previewAudience',
    'getExperiment', 'getExperimentResults', 'listExperiments', 'computeSampleSize',
    'listRecipients', 'reportCampaign', 'getCampaignSettings', 'listSuppressions',
  ],
  editor: [
    'createContact', 'createContactsBatch', 'updateContact', 'mergeContact', 'appendEvents', 'takeBackEvent',
    'createSegment', 'updateSegment', 'deleteSegment', 'archiveSegment', 'activateSegment', 'duplicateSegment', 'freezeSegment', 'restoreRulesVersion', 'importDefinitions',
    'addMembers', 'removeMembers', 'setOverrides', 'requestRefresh', 'cancelRefresh', 'instantiateSegmentTemplate',
    'createCampaign', 'updateCampaign', 'setAudience', 'launchCampaign', 'cancelCampaign', 'archiveCampaign',
    'setCampaignSettings', 'addSuppressions', 'removeSuppression', 'createExperiment', 'startExperiment', 'stopExperiment', 'createExport', 'cancelExport', 'createImport', 'previewImport', 'cancelImport',
  ],
  admin: [
    'createApiKey', 'listApiKeys', 'revokeApiKey', 'rotateApiKey', 'createCustomField', 'updateCustomField', 'deleteCustomField',
    'createEventType', 'updateEventType', 'deleteEventType', 'eraseContact', 'createRollup', 'setAnalyticsSettings', 'rollBackImport',
  ],
  operator: ['createTenant', 'getTenant', 'updateTenant', 'removeTenant', 'setClock', 'getClock'],
};

interface Described {
  components: { securitySchemes: Record<string, object> };
  paths: Record<string, Record<string, { operationId: string; description?: string; security?: object[]; 'x-required-role'?: string }>>;
}

type Caller = 'nobody' | 'revoked' | 'viewer' | 'editor' | 'admin' | 'operator';
const rank: Readonly<Partial<Record<string, number>>> = { viewer: 1, editor: 2, admin: 3 };

/** 401, 403, or `in`: whatever the endpoint then says of an id that is not there and a body that is empty. */
function expected(access: string, caller: Caller): string {
  if (access === 'public') return 'in';
  if (access === 'operator') return caller === 'operator' ? 'in' : '401';
  const [needed, has] = [rank[access] ?? 0, rank[caller]];
  if (has === undefined) return '401';
  return has >= needed ? 'in' : '403';
}

describe('Roles', () => {
  let service: TestService;
  let operations: Operation[];
  let keys: Record<Caller, string | null>;

  beforeAll(async () => {
    service = await startTestService();
    operations = await publishedOperations(service);
    const tenant = await service.tenant();
    const make = async (role: string): Promise<{ id: string; apiKey: string }> =>
      (await tenant.request<{ id: string; apiKey: string }>('POST', '/api-keys', { name: role, role })).body;
    const revoked = await make('admin');
    expect((await tenant.as(revoked.apiKey)('GET', '/contacts')).status).toBe(200);
    await tenant.request('DELETE', `/api-keys/${revoked.id}`);
    keys = {
      nobody: null, revoked: revoked.apiKey, operator: adminKey, admin: tenant.apiKey,
      viewer: (await make('viewer')).apiKey, editor: (await make('editor')).apiKey,
    };
  });
  afterAll(async () => { await service.stop(); });

  const call = async ({ method, path, body }: Operation, key: string | null): Promise<Response> => await fetch(
    service.url + path.replaceAll(/\{\w+\}/g, () => newId()), {
      method,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(body === null ? {} : { 'content-type': 'application/json' }) },
      ...(body === null ? {} : { body: '{}' }),
    });

  it('are said of every route there is, and of none that is not', () => {
    expect(Object.values(table).flat().sort()).toEqual(operations.map(({ id }) => id).sort());
  });

  it('are said of each operation in the document, with the key that it takes', async () => {
    const { components, paths } = await (await fetch(`${service.url}/openapi.json`)).json() as Described;
    expect(Object.keys(components.securitySchemes).sort()).toEqual(['key', 'operator']);
    const said = Object.values(paths).flatMap((item) => Object.values(item));
    const wrong = said.filter(({ operationId, description = '', security, ...operation }) => {
      const access = Object.entries(table).find(([, ids]) => ids.includes(operationId))?.[0] ?? '';
      const schemes = access === 'public' ? [] : [{ [access === 'operator' ? 'operator' : 'key']: [] }];
      const line = description.split('\n\n').at(-1) ?? '';
      const told = access === 'public' ? line === 'Needs no key.' : line.startsWith(access === 'operator' ? 'Needs the operator\'s key.' : `Needs the role \`${access}\``);
      return !told || JSON.stringify(security) !== JSON.stringify(schemes) || operation['x-required-role'] !== (access === 'public' ? undefined : access);
    });
    expect(wrong.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('let each key do what its role may, and no more', async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const operation of operations) {
      const access = Object.entries(table).find(([, ids]) => ids.includes(operation.id))?.[0] ?? '';
      for (const [caller, key] of Object.entries(keys)) {
        cells += 1;
        const answer = await call(operation, key);
        const status = [401, 403].includes(answer.status) ? String(answer.status) : 'in';
        const text = await answer.text();
        if (answer.status >= 500 || status !== expected(access, caller as Caller)) wrong.push(`${operation.id} by ${caller}: ${answer.status} ${text}`);
        if (status !== 'in' && answer.headers.get('content-type') !== 'application/problem+json; charset=utf-8') wrong.push(`${operation.id} by ${caller} is no problem document`);
      }
    }
    expect(wrong).toEqual([]);
    process.stdout.write(`runs: roles ${cells} cells\n`);
  }, 60_000);

  it('are judged before a body is read: a viewer learns nothing of what a write would say', async () => {
    const answer = await fetch(`${service.url}/api/v1/segments`, {
      method: 'POST', headers: { authorization: `Bearer ${keys.viewer}`, 'content-type': 'application/json' }, body: '{"name":1}',
    });
    expect(answer.status).toBe(403);
  });

  it.each([
    ['a scheme other than Bearer', (key: string) => `Basic ${key}`],
    ['a key with another tenant\'s id', (key: string) => `Bearer ${key.replace(/^sk_[^_]+/, `sk_${newId()}`)}`],
    ['a key cut short', (key: string) => `Bearer ${key.slice(0, -1)}`],
    ['a key in the wrong letter case', (key: string) => `Bearer ${key.toUpperCase()}`],
    ['two keys', (key: string) => `Bearer ${key} ${key}`],
    ['an unsigned token', () => 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.'],
  ])('are not given to %s', async (_, authorization) => {
    const answer = await fetch(`${service.url}/api/v1/contacts`, { headers: { authorization: authorization(keys.admin ?? '') } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('say nothing of the operator\'s endpoints where no operator\'s key is configured', async () => {
    const closed = await startTestService({ ADMIN_API_KEY: '' });
    try {
      for (const { path, method } of operations.filter(({ id }) => table.operator.includes(id))) {
        const answer = await fetch(closed.url + path, { method, headers: { authorization: 'Bearer undefined' } });
        expect({ path, method, status: answer.status }).toEqual({ path, method, status: 404 });
      }
    } finally {
      await closed.stop();
    }
  });
});
