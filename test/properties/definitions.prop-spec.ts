import fc from 'fast-check';
import { isStorable } from '#kernel';
import { budget, hold } from '../support/runs.js';
import { startTestService, type TestService } from '../support/service.js';

/** Names that meet one another, the numbers of an export among them, and texts of every plane. */
const name = fc.oneof(fc.constantFrom('A', 'A #2', 'A #3', 'a', 'Ä', '"', '/'), fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter(isStorable));
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter(isStorable);

/** Drafts, so that nothing is refreshed meanwhile. */
const segment = fc.record({
  name, type: fc.constantFrom('dynamic', 'dynamic', 'static'), status: fc.constant('draft'), archived: fc.boolean(),
  description: fc.option(text), notes: fc.option(text), owner: fc.option(text), labels: fc.array(text, { maxLength: 3 }),
  value: text, negate: fc.boolean(), names: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }), timezone: fc.option(fc.constantFrom('UTC', 'Asia/Tokyo'), { nil: undefined }),
});

type Drawn = typeof segment extends fc.Arbitrary<infer T> ? T : never;

describe('an export', () => {
  let service: TestService;
  // A run that the time limit interrupts goes on all the same: its requests are waited for.
  let running: Promise<void> = Promise.resolve();
  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  afterAll(async () => {
    await running.catch(() => undefined);
    await service.stop();
  });

  it('that is imported elsewhere is exported from there the same, and changes nothing where it came from', async () => {
    const count = { segments: 0, references: 0 };
    const roundTrip = async (segments: readonly Drawn[]): Promise<void> => {
      const [here, there] = [await service.tenant(), await service.tenant()];
      const ids: string[] = [];
      for (const { type, value, negate, names, archived, timezone, ...plain } of segments) {
        const referred = names.flatMap((at) => ids[at] ?? []);
        const conditions = [{ field: 'contact.country', operator: 'equals', value }, ...referred.map((id) => ({ segment: id, operator: negate ? 'not_in' : 'in' }))];
        const rules = { ...(timezone === undefined ? {} : { timezone }), match: 'any', groups: [{ match: 'all', negate, conditions }] };
        const made = await here.request<{ id: string }>('POST', '/segments', { ...plain, type, ...(type === 'dynamic' ? { rules } : { status: 'active' }) });
        if (made.status !== 201) throw new Error(`${made.status} ${JSON.stringify(made.body)}`);
        if (archived) await here.request('POST', `/segments/${made.body.id}/archive`);
        ids.push(made.body.id);
        count.segments += 1;
        count.references += referred.length;
      }
      const { body: document } = await here.request<{ segments: object[] }>('GET', '/segments/export');
      const done = await there.request<{ created: object[] }>('POST', '/segments/import', document);
      const again = await there.request<{ unchanged: object[] }>('POST', '/segments/import', document);
      const home = await here.request<{ unchanged: object[] }>('POST', '/segments/import', document);
      expect(done).toMatchObject({ status: 200, body: { created: { length: segments.length } } });
      expect([again.body.unchanged.length, home.body.unchanged.length]).toEqual([segments.length, segments.length]);
      expect((await there.request('GET', '/segments/export')).body).toEqual(document);
    };
    await hold('import of export = identity', fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 8 }), async (segments) => {
      running = roundTrip(segments);
      await running;
    }), () => `${count.segments} segments, ${count.references} references`);
  }, budget * 2 + 60_000);
});
