import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { startTestService, type TestService } from '../support/service.js';
import { hold } from '../support/runs.js';

interface Person { country: string; status: string; score: number | null; domain: string; lists: boolean[] }
interface Plan {
  people: Person[];
  include: Source[];
  exclude: Source[];
  suppressed: number[];
  addresses: number[];
  domain: boolean;
  suppressionList: boolean;
  cap: { limit: number; order: 'leadScore' | '-leadScore' } | null;
  holdoutPercent: number;
  tenantHoldout: number;
}
/** A list of the world by its number, or the people of a country: as inline rules or as a dynamic segment. */
type Source = { list: number } | { country: string; inline: boolean };
interface Step { step: string; removed: number; remaining: number }
interface Waterfall { included: number; include: { matches: number; brings: number }[]; steps: Step[]; final: number; sample: { email: string }[] }
interface Recipient { contactId: string; email: string; holdout: string | null; reason: { include: number } }

const countries = ['France', 'Peru', 'Chad'];
const lists = 3;
const source: fc.Arbitrary<Source> = fc.oneof(
  fc.record({ list: fc.nat(lists - 1) }), fc.record({ country: fc.constantFrom(...countries), inline: fc.boolean() }));
const person: fc.Arbitrary<Person> = fc.record({
  country: fc.constantFrom(...countries), status: fc.constantFrom('active', 'active', 'active', 'pending', 'unsubscribed', 'bounced', 'complained'),
  score: fc.option(fc.integer({ min: 0, max: 3 })), domain: fc.constantFrom('a.test', 'A.test', 'b.test'),
  lists: fc.array(fc.boolean(), { minLength: lists, maxLength: lists }),
});
const plan: fc.Arbitrary<Plan> = fc.record({
  people: fc.array(person, { minLength: 12, maxLength: 40, size: 'max' }), include: fc.array(source, { minLength: 1, maxLength: 3, size: 'max' }), exclude: fc.array(source, { maxLength: 2 }),
  suppressed: fc.uniqueArray(fc.nat(lists - 1), { maxLength: 1 }), addresses: fc.array(fc.nat(40), { maxLength: 5 }), domain: fc.boolean(), suppressionList: fc.boolean(),
  cap: fc.option(fc.record({ limit: fc.integer({ min: 1, max: 20 }), order: fc.constantFrom('leadScore', '-leadScore') })),
  holdoutPercent: fc.constantFrom(0, 0, 30), tenantHoldout: fc.constantFrom(0, 0, 20),
});

const rules = (country: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }] });
const place = (salt: string, id: string): number => (100 * createHash('md5').update(`${salt}:${id}`).digest().readUInt32BE(0)) / 2 ** 32;
const matches = (one: Source, who: Person): boolean => ('list' in one ? who.lists[one.list] === true : who.country === one.country);

/** What becomes of each person, without a database: the name of the step that takes it, or `holdout:…`, or null: sent to. */
function decide(world: Plan, ids: readonly string[], tenantId: string, campaignId: string): Map<number, string | null> {
  const fates = new Map<number, string | null>();
  world.people.forEach((who, index) => {
    if (!world.include.some((one) => matches(one, who))) return;
    const listed = world.suppressionList;
    const fate = world.exclude.some((one) => matches(one, who)) ? 'excluded'
      : world.suppressed.some((list) => who.lists[list] === true) ? 'suppressed-segment'
        : ['unsubscribed', 'bounced', 'complained'].includes(who.status) ? who.status
          : listed && world.addresses.includes(index) ? 'suppressed-address'
            : listed && world.domain && who.domain.toLowerCase() === 'a.test' ? 'suppressed-domain' : null;
    fates.set(index, fate);
  });
  const left = [...fates].filter(([, fate]) => fate === null).map(([index]) => index);
  const sign = world.cap?.order === '-leadScore' ? -1 : 1;
  const rank = (index: number): number => { const score = world.people[index]?.score ?? null; return score === null ? Infinity : sign * score; };
  left.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)) || (ids[a]! < ids[b]! ? -1 : 1));
  left.forEach((index, position) => {
    if (world.cap !== null && position >= world.cap.limit) fates.set(index, 'cap');
    else if (place(tenantId, ids[index]!) < world.tenantHoldout) fates.set(index, 'tenant-holdout');
    else if (place(campaignId, ids[index]!) < world.holdoutPercent) fates.set(index, 'campaign-holdout');
  });
  return fates;
}

describe('The audience of a campaign', () => {
  let service: TestService;
  let underWay: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
  });
  afterAll(async () => {
    // When the time is over, a world is under way still.
    await underWay;
    await service.stop();
  });

  it('adds up, and is frozen as an independent calculation has it', async () => {
    let frozen = 0;
    const check = async (world: Plan): Promise<void> => {
      const tenant = await service.tenant();
      const email = (index: number): string => `p${index}@${world.people[index]?.domain ?? 'nowhere.test'}`;
      const post = async (path: string, body: object, method = 'POST'): Promise<{ id: string }> => {
        const answer = await tenant.request<{ id: string }>(method, path, body);
        expect({ path, status: Math.floor(answer.status / 100), body: answer.body }).toMatchObject({ status: 2 });
        return answer.body;
      };
      await post('/contacts/batch', { contacts: world.people.map((who, index) => ({ email: email(index), country: who.country, subscriptionStatus: who.status, leadScore: who.score })) });
      const { body: { items } } = await tenant.request<{ items: { id: string; email: string }[] }>('GET', '/contacts?limit=1000');
      const ids = world.people.map((_, index) => items.find((one) => one.email === email(index))!.id);
      const segments: string[] = [];
      for (let list = 0; list < lists; list += 1) {
        segments.push((await post('/segments', { name: `list ${list}`, type: 'static', emails: world.people.flatMap((who, index) => (who.lists[list] === true ? [email(index)] : [])) })).id);
      }
      const dynamic = new Map<string, string>();
      const sourceOf = async (one: Source): Promise<object> => {
        if ('list' in one) return { segmentId: segments[one.list] };
        if (one.inline) return { rules: rules(one.country) };
        if (!dynamic.has(one.country)) dynamic.set(one.country, (await post('/segments', { name: one.country, type: 'dynamic', rules: rules(one.country) })).id);
        return { segmentId: dynamic.get(one.country) };
      };
      await post('/campaign-settings', { holdoutPercent: world.tenantHoldout, suppressedSegmentIds: world.suppressed.map((list) => segments[list]) }, 'PUT');
      await post('/suppressions/batch', { suppressions: [...world.addresses.map((index) => ({ address: email(index).toUpperCase() })), ...(world.domain ? [{ domain: 'A.TEST' }] : [])] });
      const { id } = await post('/campaigns', { name: 'C' });
      const [include, exclude] = [[] as object[], [] as object[]];
      for (const one of world.include) include.push(await sourceOf(one));
      for (const one of world.exclude) exclude.push(await sourceOf(one));
      await post(`/campaigns/${id}/audience`, { include, exclude, suppressionList: world.suppressionList, holdoutPercent: world.holdoutPercent, ...(world.cap === null ? {} : { cap: world.cap }) }, 'PUT');

      const expected = decide(world, ids, tenant.id, id);
      const said = await post(`/campaigns/${id}/audience/preview`, { sampleLimit: 1000 }) as unknown as Waterfall;
      let remaining = said.included;
      for (const step of said.steps) {
        remaining -= step.removed;
        expect(step.remaining).toBe(remaining);
      }
      expect(said).toMatchObject({ included: expected.size, final: remaining });
      expect(said.include.map((one) => one.matches)).toEqual(world.include.map((one) => world.people.filter((who) => matches(one, who)).length));
      const removed = new Map<string, number>();
      for (const { step, removed: n } of said.steps) removed.set(step, (removed.get(step) ?? 0) + n);
      for (const [step, n] of removed) expect({ step, n }).toEqual({ step, n: [...expected.values()].filter((fate) => fate === step).length });
      const launched = (await post(`/campaigns/${id}/launch`, { expect: { final: said.final } })) as unknown as { waterfall: Waterfall };
      const { sample, ...counts } = said;
      expect(counts).toMatchObject(launched.waterfall);
      const { body: { items: recipients } } = await tenant.request<{ items: Recipient[] }>('GET', `/campaigns/${id}/recipients?limit=1000`);
      const kept = [...expected].filter(([, fate]) => fate === null || fate.endsWith('-holdout')).map(([index, fate]) => ({
        contactId: ids[index], holdout: fate?.replace('-holdout', '') ?? null,
        include: world.include.findIndex((one) => matches(one, world.people[index]!)),
      })).sort((a, b) => (a.contactId! < b.contactId! ? -1 : 1));
      expect(recipients.map(({ contactId, holdout, reason }) => ({ contactId, holdout, include: reason.include }))).toEqual(kept);
      expect(sample.map((one) => one.email).sort()).toEqual(recipients.filter(({ holdout }) => holdout === null).map((one) => one.email).sort());
      frozen += kept.length;
    };
    await hold('audience adds up', fc.asyncProperty(plan, async (world) => {
      const checked = check(world);
      underWay = checked.catch(() => undefined);
      await checked;
    }), () => `${frozen} contacts frozen`);
    expect(frozen).toBeGreaterThan(0);
  }, 300_000);
});
