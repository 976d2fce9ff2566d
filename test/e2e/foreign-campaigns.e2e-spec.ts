import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Member { id: string; email: string; subscriptionStatus: string }

/** A campaign system of somebody else's: it has a key and the interface, and sees neither the database nor a module. */
class ForeignCampaigns {
  constructor(private readonly tenant: TestTenant) {}

  /** Whom a mail goes to: the fresh members of one segment without those of another, and of those who want none. */
  async audience(include: string, exclude: string): Promise<string[]> {
    const out = new Set((await this.members(exclude)).map(({ id }) => id));
    return (await this.members(include)).filter(({ id, subscriptionStatus }) => !out.has(id) && subscriptionStatus === 'active').map(({ email }) => email).sort();
  }

  /** Says what was sent, under its own id of the campaign. */
  async tell(externalId: string, emails: readonly string[], occurredAt: string): Promise<void> {
    await this.tenant.request('POST', '/events/batch', { events: emails.map((email) => ({ id: `${externalId} ${email}`, type: 'sent', email, occurredAt, campaignId: externalId })) });
  }

  private async members(segment: string): Promise<Member[]> {
    const refreshed = await this.tenant.request<{ status: string }>('POST', `/segments/${segment}/refresh`, { waitSeconds: 30 });
    if (refreshed.body.status !== 'succeeded') throw new Error(`the segment is not fresh: ${refreshed.status}`);
    const found: Member[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: Member[]; nextCursor: string | null } =
        (await this.tenant.request<{ items: Member[]; nextCursor: string | null }>('GET', `/segments/${segment}/contacts?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`)).body;
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    return found;
  }
}

describe('A foreign campaign system', () => {
  let service: TestService;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });

  it('reaches over REST whom a launch here reaches, and gets its report', async () => {
    await service.clock('2026-05-01T12:00:00Z');
    const tenant = await service.tenant();
    const where = (field: string, value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field, operator: 'equals', value }] }] });
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 30 }, (_, n) => ({
      email: `p${n}@example.com`, country: n % 2 === 0 ? 'France' : 'Peru', city: n % 3 === 0 ? 'Lyon' : 'Lima', subscriptionStatus: n % 5 === 0 ? 'unsubscribed' : 'active',
    })) });
    const make = async (path: string, body: object): Promise<string> => (await tenant.request<{ id: string }>('POST', path, body)).body.id;
    const france = await make('/segments', { name: 'France', type: 'dynamic', rules: where('contact.country', 'France') });
    const lyon = await make('/segments', { name: 'Lyon', type: 'dynamic', rules: where('contact.city', 'Lyon') });
    const foreign = new ForeignCampaigns(tenant);
    const reached = await foreign.audience(france, lyon);
    const ours = await make('/campaigns', { name: 'Ours' });
    await tenant.request('PUT', `/campaigns/${ours}/audience`, { include: [{ segmentId: france }], exclude: [{ segmentId: lyon }] });
    await tenant.request('POST', `/campaigns/${ours}/launch`, { expect: { final: reached.length } });
    const { body: { items } } = await tenant.request<{ items: { email: string }[] }>('GET', `/campaigns/${ours}/recipients?limit=1000`);
    expect(reached.length).toBeGreaterThan(5);
    expect(items.map(({ email }) => email).sort()).toEqual(reached);
    const theirs = await make('/campaigns', { name: 'Theirs', externalId: 'theirs-1' });
    await foreign.tell('theirs-1', reached, '2026-05-01T11:00:00Z');
    expect((await tenant.request('GET', `/campaigns/${theirs}/report`)).body).toMatchObject({
      launchedAt: null, recipients: null, sent: { total: reached.length, unique: reached.length }, comparison: [],
    });
  });
});
