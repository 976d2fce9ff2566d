import { type Sql, sql } from '#database';
import { type SegmentDefinition, templates } from '#rules';
import { type HandWritten, handWritten, handWrittenTemplates } from './hand-written.sql.js';
import type { BenchService } from './service.js';
import { variant } from './variants.js';
import { campaigns, customFields } from './world.js';

/** A segment of the service, and the same by hand. */
export interface Made {
  readonly id: string;
  readonly name: string;
  readonly hand: (by: HandWritten) => Sql;
}

/** The statements by hand, at a moment. */
export function byHand(tenantId: string, asOf: Date): HandWritten {
  return handWritten({
    tenantId, asOf, fields: Object.fromEntries(customFields.map(({ key, id }) => [key, id])),
    campaigns: Object.fromEntries(campaigns.map(({ name, id, externalId }) => [name, [id, externalId]])),
  });
}

/** Makes one of the guide's segments, and whatever it refers to. */
export async function makeTemplate(service: BenchService, key: string): Promise<{ id: string; name: string; rules: SegmentDefinition }> {
  return await service.request('POST', `/segment-templates/${key}/instantiate`, { createMissing: true });
}

/**
 * Adds segments until there are so many: the guide's 26, the four that they refer to, then variants. Segments are only
 * made here; the next cycle fills them.
 */
export async function addSegments(service: BenchService, made: readonly Made[], howMany: number): Promise<Made[]> {
  const segments = [...made];
  for (const { key, number } of templates.slice(segments.length, howMany)) {
    const { id, name } = await makeTemplate(service, key);
    segments.push({ id, name, hand: (by) => handWrittenTemplates(by).get(number)! });
  }
  if (howMany <= templates.length) return segments;
  const ids = new Map((await service.rows<{ id: string; name: string }>(
    sql`select id, name from segment where tenant_id = ${service.tenantId}::uuid`)).map(({ id, name }) => [name, id]));
  const named = (name: string): string => ids.get(name)!;
  const [subscribers, purchasers, quiet, users] = ['All Active Subscribers', 'Recent Purchasers', 'Unengaged (90+ days)', 'Product Users'].map(named) as [string, string, string, string];
  if (segments.length === templates.length) {
    // What refers to a segment is read from its stored members.
    segments[24] = { ...segments[24]!, hand: (by) => by.except(by.except(by.members(subscribers), by.members(purchasers)), by.members(quiet)) };
    segments[25] = { ...segments[25]!, hand: (by) => by.except(by.members(users), by.sentProductMail()) };
    segments.push(
      { id: subscribers, name: 'All Active Subscribers', hand: (by) => by.subscribed() }, { id: purchasers, name: 'Recent Purchasers', hand: (by) => by.converted(30) },
      { id: quiet, name: 'Unengaged', hand: (by) => by.quiet(90) }, { id: users, name: 'Product Users', hand: (by) => by.productUsers() });
  }
  const references = ['All Active Subscribers', 'Unengaged (90+ days)', 'Industry', 'Recent Purchasers', 'Product Users', 'Never Engaged', 'Cold Leads']
    .map((name) => ({ id: named(name), name }));
  for (let at = segments.length - templates.length - 4; segments.length < howMany; at += 1) {
    const { name, rules, hand } = variant(at, references);
    const { id } = await service.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules });
    segments.push({ id, name, hand });
  }
  return segments;
}
