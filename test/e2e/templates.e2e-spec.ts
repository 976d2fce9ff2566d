import { startTestService, type TestService } from '../support/service.js';

interface Template {
  key: string;
  number: number;
  requires: { segments: string[]; campaigns: string[]; customFields: { key: string }[] };
}

interface Fault {
  code: string;
  path: string;
}

describe('Segment templates', () => {
  let service: TestService;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });

  it('are the guide\'s 26, and each makes a segment that can be refreshed', async () => {
    const tenant = await service.tenant();
    const { body } = await tenant.request<{ items: Template[] }>('GET', '/segment-templates');
    expect(body.items.map(({ number }) => number)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
    for (const { key } of body.items) {
      const made = await tenant.request<{ id: string; ruleText: string }>('POST', `/segment-templates/${key}/instantiate`, { createMissing: true });
      expect(made.status).toBe(201);
      const refresh = await tenant.request<{ status: string }>('POST', `/segments/${made.body.id}/refresh`, { waitSeconds: 30 });
      expect(refresh.body.status).toBe('succeeded');
    }
  });

  it('tell all that is missing, and make nothing then', async () => {
    const tenant = await service.tenant();
    const answer = await tenant.request<{ errors: Fault[] }>('POST', '/segment-templates/exclude-other-segments/instantiate', {});
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ code }) => code)).toEqual(['unknown_segment', 'unknown_segment', 'unknown_segment']);
    const fields = await tenant.request<{ errors: Fault[] }>('POST', '/segment-templates/trial-users/instantiate', {});
    expect(fields.body.errors.map(({ code }) => code)).toEqual(['unknown_field', 'unknown_field']);
    expect((await tenant.request<{ items: object[] }>('GET', '/segments')).body.items).toEqual([]);
  });

  it('take ids by params, and refuse names that they do not require', async () => {
    const tenant = await service.tenant();
    const campaign = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Launch', externalId: 'launch-7' });
    const made = await tenant.request<{ rules: object }>('POST', '/segment-templates/clicked-specific-link/instantiate', {
      params: { campaigns: { 'Product Launch Q4': campaign.body.id } },
    });
    expect(made.status).toBe(201);
    // Events may give either of them.
    for (const called of [campaign.body.id, 'launch-7']) expect(JSON.stringify(made.body.rules)).toContain(`"${called}"`);
    const wrong = await tenant.request<{ errors: Fault[] }>('POST', '/segment-templates/clicked-specific-link/instantiate', { params: { campaigns: { Other: 'x' } } });
    expect(wrong.status).toBe(422);
    expect(wrong.body.errors[0]).toMatchObject({ path: '/params/campaigns/Other', code: 'unknown_key' });
  });
});
