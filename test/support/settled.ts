import type { TestTenant } from './service.js';

interface Segment { rules: object; contactCount: number; freshness: string }

/** A prime that is not less: steps of another prime visit each number below it. */
export function primeFrom(least: number): number {
  const isPrime = (n: number): boolean => Array.from({ length: Math.floor(Math.sqrt(n)) - 1 }, (_, index) => index + 2).every((divisor) => n % divisor !== 0);
  let prime = Math.max(least, 13);
  while (!isPrime(prime)) prime += 1;
  return prime;
}

/** All items of a list, page by page. */
async function everyItem<Item>(tenant: TestTenant, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body }: { body: { items: Item[]; nextCursor: string | null } } = await tenant.request('GET', `${path}?limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  return items;
}

/** Whatever happened: the count is that of the list, and the history replayed gives the list. */
export async function checkWhole(tenant: TestTenant, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { body: segment } = await tenant.request<Segment>('GET', `/segments/${id}`);
    const members = await everyItem<{ email: string }>(tenant, `/segments/${id}/contacts`);
    const history = await everyItem<{ email: string; change: string }>(tenant, `/segments/${id}/history`);
    const replayed = new Set<string>();
    for (const { email, change } of history.reverse()) {
      // Nothing is told of somebody who was erased.
      expect(email).not.toBeNull();
      expect(replayed.has(email)).toBe(change === 'exited');
      if (change === 'entered') replayed.add(email);
      else replayed.delete(email);
    }
    expect([...replayed].sort()).toEqual(members.map(({ email }) => email).sort());
    expect(segment.contactCount).toBe(members.length);
  }
}

/** And the members are those that the rules give, with nothing left to do. */
export async function checkSettled(tenant: TestTenant, ids: readonly string[]): Promise<void> {
  await checkWhole(tenant, ids);
  for (const id of ids) {
    const { body: segment } = await tenant.request<Segment>('GET', `/segments/${id}`);
    const { body: preview } = await tenant.request<object>('POST', '/segments/preview', { rules: segment.rules, segmentId: id, sampleLimit: 0 });
    expect({ ...preview, freshness: segment.freshness }).toMatchObject({ wouldAdd: 0, wouldRemove: 0, freshness: 'fresh' });
    const refreshes = await everyItem<{ status: string }>(tenant, `/segments/${id}/refreshes`);
    expect(refreshes.filter(({ status }) => status === 'running' || status === 'queued')).toEqual([]);
  }
}
