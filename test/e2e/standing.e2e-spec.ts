import { StoredExportsService } from '../../src/files/stored-exports.service.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Standing { asOf: string | null; pendingSince: string | null }

const inUs = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'US' }] }] };
const [filled, changed, read] = ['2026-11-20T12:00:00.000Z', '2026-11-20T12:05:00.000Z', '2026-11-20T12:09:00.000Z'];

/** Nobody works the queue: what was changed waits until the test runs a cycle. */
describe('Answers with members or counts', () => {
  let service: TestService;
  let tenant: TestTenant;
  let [segment, list, ada] = ['', '', ''];

  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock(filled);
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'US' }, { email: 'bob@example.com', country: 'CA' }] });
    ada = (await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?email=ada@example.com')).body.items[0]!.id;
    segment = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'US', type: 'dynamic', rules: inUs })).body.id;
    list = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static', emails: ['ada@example.com'] })).body.id;
    await cycle();
    await service.clock(read);
  });

  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  const change = async (): Promise<void> => {
    await service.clock(changed);
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'bob@example.com', country: 'US' }] });
    await service.clock(read);
  };
  const headersOf = (headers: Headers): Standing => ({ asOf: headers.get('segment-as-of'), pendingSince: headers.get('segment-pending-since') });
  const read200 = async (path: string): Promise<{ headers: Headers; body: Record<string, never> }> => {
    const answer = await tenant.request('GET', path);
    expect(answer.status).toBe(200);
    return answer;
  };
  const picked = ({ asOf, pendingSince }: Standing): Standing => ({ asOf, pendingSince });

  const answers: [string, () => Promise<Standing>][] = [
    ['the segment itself', async () => {
      const { body } = await tenant.request<{ lastRefreshedAt: string; pendingSince: string }>('GET', `/segments/${segment}`);
      return { asOf: body.lastRefreshedAt, pendingSince: body.pendingSince };
    }],
    ['the list of segments', async () => {
      const { body: { items } } = await tenant.request<{ items: { id: string; lastRefreshedAt: string; pendingSince: string }[] }>('GET', '/segments');
      const found = items.find(({ id }) => id === segment);
      return { asOf: found?.lastRefreshedAt ?? null, pendingSince: found?.pendingSince ?? null };
    }],
    ['the members', async () => headersOf((await read200(`/segments/${segment}/contacts`)).headers)],
    ['an export of the members', async () => headersOf((await read200(`/segments/${segment}/export`)).headers)],
    ['an export of the members as a workbook', async () => headersOf((await read200(`/segments/${segment}/export?format=xlsx`)).headers)],
    ['an export in the background', async () => {
      const { body: { id } } = await tenant.request<{ id: string }>('POST', '/exports', { what: 'members', segmentId: segment });
      await service.service.app.get(StoredExportsService, { strict: false }).run(tenant.id, id, () => new Date(read));
      const told = picked((await tenant.request<Standing>('GET', `/exports/${id}`)).body);
      expect(headersOf((await read200(`/exports/${id}/file`)).headers)).toEqual(told);
      return told;
    }],
    ['the overlap', async () => {
      const { body: { segments } } = await tenant.request<{ segments: Standing[] }>('GET', `/segments/overlap?ids=${list},${segment}`);
      expect(picked(segments[0]!)).toEqual({ asOf: null, pendingSince: null });
      return picked(segments[1]!);
    }],
    ['the segments of a contact, one by one', async () => {
      const { body: { items } } = await tenant.request<{ items: (Standing & { segmentId: string })[] }>('GET', `/contacts/${ada}/segments`);
      expect(picked(items.find(({ segmentId }) => segmentId === list)!)).toEqual({ asOf: null, pendingSince: null });
      return picked(items.find(({ segmentId }) => segmentId === segment)!);
    }],
    ['the profile', async () => picked((await tenant.request<Standing>('GET', `/segments/${segment}/profile`)).body)],
    ['the customers by value', async () => picked((await tenant.request<Standing>('GET', `/segments/${segment}/rfm`)).body)],
    ['the report', async () => picked((await tenant.request<Standing>('GET', `/segments/${segment}/analytics`)).body)],
    ['the comparison', async () => {
      const { body: { segments } } = await tenant.request<{ segments: Standing[] }>('GET', `/segments/compare?ids=${list},${segment}`);
      expect(picked(segments[0]!)).toEqual({ asOf: null, pendingSince: null });
      return picked(segments[1]!);
    }],
    ['the funnel', async () => picked((await tenant.request<Standing>('GET', `/segments/${segment}/funnel`)).body)],
    ['the cohorts', async () => picked((await tenant.request<Standing>('GET', `/segments/${segment}/cohorts`)).body)],
    ['a preview against the members', async () => {
      const { body } = await tenant.request<{ against: Standing }>('POST', '/segments/preview', { rules: inUs, segmentId: segment });
      return picked(body.against);
    }],
    ['the members at a moment that has not come for the segment', async () => headersOf((await read200(`/segments/${segment}/contacts?asOf=2026-11-21T00:00:00Z`)).headers)],
    ['the hygiene report', async () => picked((await tenant.request<Standing>('GET', '/segments/hygiene')).body)],
  ];

  it.each(answers)('say as of when, and since when a change waits: %s', async (_, ask) => {
    expect(await ask()).toEqual({ asOf: filled, pendingSince: null });
    await change();
    expect(await ask()).toEqual({ asOf: filled, pendingSince: changed });
    await cycle();
    expect(await ask()).toEqual({ asOf: read, pendingSince: null });
  });

  it('say so of the segments of a contact altogether: one that it is to enter is not among them', async () => {
    const bob = (await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?email=bob@example.com')).body.items[0]!.id;
    const told = async (): Promise<unknown> => {
      const { headers, body } = await tenant.request<{ items: object[] }>('GET', `/contacts/${bob}/segments`);
      return [body.items.length, headersOf(headers)];
    };
    expect(await told()).toEqual([0, { asOf: null, pendingSince: null }]);
    await change();
    expect(await told()).toEqual([0, { asOf: null, pendingSince: changed }]);
    await cycle();
    expect(await told()).toEqual([1, { asOf: null, pendingSince: null }]);
  });

  it('say so of each finding of the hygiene report', async () => {
    await service.clock(filled);
    const nobody = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'MX' }] }] };
    await tenant.request('POST', '/segments', { name: 'Nobody', type: 'dynamic', rules: nobody });
    await cycle();
    await change();
    const { body } = await tenant.request<{ at: string; empty: (Standing & { name: string })[] }>('GET', '/segments/hygiene');
    expect([body.at, body.empty]).toEqual([read, [expect.objectContaining({ name: 'Nobody', asOf: filled, pendingSince: changed })]]);
  });

  it('say of members at a past moment that they are settled', async () => {
    await change();
    const at = async (moment: string): Promise<Standing> => headersOf((await read200(`/segments/${segment}/contacts?asOf=${moment}`)).headers);
    expect(await at('2026-11-20T11:59:00.000Z')).toEqual({ asOf: '2026-11-20T11:59:00.000Z', pendingSince: null });
    expect(await at(filled)).toEqual({ asOf: filled, pendingSince: null });
    expect(await at(read)).toEqual({ asOf: filled, pendingSince: changed });
  });

  it.each([['contacts'], ['export']])('say nothing of the kind about a static list: its %s', async (what) => {
    await change();
    expect(headersOf((await read200(`/segments/${list}/${what}`)).headers)).toEqual({ asOf: null, pendingSince: null });
  });
});
