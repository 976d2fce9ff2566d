import fc from 'fast-check';
import type pg from 'pg';
import { engagementFaults } from '../support/derived-faults.js';
import { hold } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';

const start = Date.parse('2026-03-28T12:00:00Z');
const hour = 3_600_000;
const people = ['ann@example.com', 'bob@example.com'];
const ids = Array.from({ length: 40 }, (_, n) => `e${n}`);

/** Of few people, moments and ids, so that several happen at once, come late, and come again. */
const event = fc.record({
  id: fc.constantFrom(...ids), email: fc.constantFrom(...people),
  type: fc.constantFrom('sent', 'sent', 'sent', 'delivered', 'opened', 'opened', 'opened', 'clicked', 'replied', 'converted', 'bounced', 'own'),
  // Up to 39 hours early, and in two zones' time: the clocks of one of them change meanwhile.
  occurredAt: fc.integer({ min: -3, max: 3 }).map((n) => new Date(start + n * 13 * hour).toISOString()),
  campaignId: fc.constantFrom('launch', 'launch', 'news', '', undefined), device: fc.constantFrom('mobile', 'desktop', '', undefined),
  revenue: fc.constantFrom(0.1, 0.29, -3, 1e15, undefined),
});
const command = fc.oneof(
  { weight: 8, arbitrary: fc.array(event, { minLength: 1, maxLength: 3 }).map((events) => ({ do: 'send', events }) as const) },
  { weight: 2, arbitrary: fc.constantFrom(...ids).map((id) => ({ do: 'take back', id }) as const) },
  { weight: 1, arbitrary: fc.record({ email: fc.constantFrom(...people), timezone: fc.constantFrom('Europe/Berlin', 'Asia/Kolkata', 'UTC') }).map((row) => ({ do: 'move', row }) as const) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...people), fc.constantFrom(...people)).map(([email, into]) => ({ do: 'merge', email, into }) as const) },
);

/** New events are added to the figures that are stored. */
describe('Engagement figures', () => {
  let service: TestService;
  let owner: pg.Client;
  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(new Date(start).toISOString());
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });

  it('are after each batch what a recomputation from all events gives', async () => {
    let compared = 0;
    const answered = new Map<string, number>();
    await hold('adjusted = recomputed', fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 30 }), async (commands) => {
      const tenant = await service.tenant();
      const ask = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
        const answer = await tenant.request<Body>(method, path, body);
        const what = `${method} ${path.replace(/\/e\d+$|[-0-9a-f]{36}/, '…').replace(/\?.*/, '')} ${answer.status}`;
        answered.set(what, (answered.get(what) ?? 0) + 1);
        if (answer.status >= 500) throw new Error(`${method} ${path} was answered ${answer.status}`);
        return answer.body;
      };
      const idOf = async (email: string): Promise<string | undefined> => (await ask<{ items: { id: string }[] }>('GET', `/contacts?email=${encodeURIComponent(email)}`)).items[0]?.id;
      await ask('POST', '/event-types', { key: 'own', label: 'Own' });
      await ask('POST', '/contacts/batch', { contacts: people.map((email) => ({ email, timezone: 'Europe/Berlin' })) });
      for (const [at, step] of commands.entries()) {
        switch (step.do) {
          case 'send': await ask('POST', '/events/batch', { events: step.events }); break;
          case 'take back': await ask('DELETE', `/events/${step.id}`); break;
          case 'move': await ask('POST', '/contacts/batch', { contacts: [step.row] }); break;
          case 'merge': {
            const into = await idOf(step.into);
            if (into !== undefined) await ask('POST', `/contacts/${into}/merge`, { email: step.email });
            break;
          }
        }
        if (await engagementFaults(owner, tenant.id) > 0) throw new Error(`other figures after\n${commands.slice(0, at + 1).map((one) => JSON.stringify(one)).join('\n')}`);
        compared += 1;
      }
    }), () => `${compared} comparisons; ${[...answered].map(([what, times]) => `${what}: ${times}`).join(', ')}`);
    process.stdout.write(`runs: ${compared} comparisons of adjusted and recomputed figures\n`);
    expect(compared).toBeGreaterThan(0);
  }, 600_000);
});
