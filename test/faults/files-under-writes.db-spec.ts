import { faultsBudget as budget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

/** Contacts that nobody deletes, and those that four clients bring and take away. */
const [lasting, passing] = [2000, 400];

describe('While four clients insert, update and delete', () => {
  let service: TestService;
  let tenant: TestTenant;
  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: lasting }, (_, n) => ({ email: `lasting${n}@example.com`, leadScore: 0 })) });
  });
  afterAll(async () => { await service.stop(); });

  /** Does `work` again and again beside four writers, until its time is over; how often, and how much was written meanwhile. */
  const beside = async (write: (client: number, turn: number) => Promise<void>, work: () => Promise<void>): Promise<{ turns: number; writes: number }> => {
    const state = { over: false, turns: 0, writes: 0 };
    const writers = [0, 1, 2, 3].map(async (client) => {
      for (let turn = 0; !state.over; turn += 1) {
        await write(client, turn);
        state.writes += 1;
      }
    });
    const begun = performance.now();
    try {
      do {
        await work();
        state.turns += 1;
      } while (performance.now() - begun < budget);
    } finally {
      state.over = true;
      await Promise.all(writers);
    }
    return state;
  };
  const churn = async (client: number, turn: number): Promise<void> => {
    const address = `passing${client}-${turn % passing}@example.com`;
    const made = await tenant.request<{ id?: string }>('POST', '/contacts', { email: address });
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: `lasting${(turn * 7 + client) % lasting}@example.com`, firstName: `${client} ${turn}` }] });
    if (turn % 2 === 0 && made.body.id !== undefined) await tenant.request('DELETE', `/contacts/${made.body.id}`);
  };

  it('a walk through the list shows each contact that is there all the time once, and none twice', async () => {
    const { turns, writes } = await beside(churn, async () => {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const answer: { body: { items: { email: string }[]; nextCursor: string | null } } = await tenant.request('GET', `/contacts?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`);
        seen.push(...answer.body.items.map(({ email }) => email));
        cursor = answer.body.nextCursor;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((email) => email.startsWith('lasting'))).toHaveLength(lasting);
    });
    process.stdout.write(`runs: ${turns} walks beside ${writes} writes\n`);
    expect(writes).toBeGreaterThan(0);
  }, budget * 2 + 60_000);

  it('each export is one moment: of what one request wrote to all, it has all or nothing', async () => {
    let round = 0;
    const everybody = async (client: number, turn: number): Promise<void> => {
      if (client > 0) {
        await churn(client, turn);
        return;
      }
      round += 1;
      const { body } = await tenant.request<{ failed: object[] }>('POST', '/contacts/batch', { contacts: Array.from({ length: lasting }, (_, n) => ({ email: `lasting${n}@example.com`, leadScore: round })) });
      expect(body.failed).toEqual([]);
    };
    const exported = async (format: string): Promise<string> => await (await fetch(`${service.url}/api/v1/contacts/export?format=${format}&fields=email,leadScore`, { headers: { authorization: `Bearer ${tenant.apiKey}` } })).text();
    const scoresOf = (text: string, pattern: RegExp): { scores: number; contacts: number } => {
      const found = [...text.matchAll(pattern)].map(([, score]) => score);
      return { scores: new Set(found).size, contacts: found.length };
    };
    const { turns, writes } = await beside(everybody, async () => {
      const [csv = '', ndjson = ''] = await Promise.all(['csv', 'ndjson'].map(exported));
      expect(scoresOf(csv, /^lasting\d+@example\.com,(\d+)/gm)).toEqual({ scores: 1, contacts: lasting });
      expect(scoresOf(ndjson, /"lasting\d+@example\.com","leadScore":(\d+)/g)).toEqual({ scores: 1, contacts: lasting });
    });
    process.stdout.write(`runs: ${turns} pairs of exports beside ${writes} writes, ${round} of them to all\n`);
    expect(round).toBeGreaterThan(1);
    // At rest, list, export and count are the same.
    const lines = (await exported('ndjson')).trim().split('\n').length;
    const { body } = await tenant.request<{ count: number }>('POST', '/segments/preview', { exact: true, rules: { match: 'all', groups: [] } });
    expect(body.count).toBe(lines);
  }, budget * 2 + 60_000);
});
