import pg from 'pg';
import {
  campaignNames, engagementSql, sql, toText, type ContactSnapshot, type SegmentDefinition, type Sql,
} from '#rules';
import { insertContactDates } from '../../src/contacts/sql/contact-dates.sql.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { vocabularyWith } from './rule-definitions.js';
import { campaigns, segmentIds, type Surroundings, type World, type WorldContact } from './worlds.js';

const EVERYONE: SegmentDefinition = { match: 'all', groups: [] };
const names = campaignNames(campaigns);
const drawn: Surroundings = {
  campaigns, customFields: vocabularyWith(EVERYONE, EVERYONE).customFields, segments: new Map(Object.entries(segmentIds)), list: segmentIds.list,
};

/** A contact of a world as the in-memory evaluator takes it. */
export function snapshotOf(contact: WorldContact): ContactSnapshot {
  return { ...contact, campaigns: names, lists: new Set(contact.listed ? [segmentIds.list] : []) };
}

/** A real PostgreSQL that worlds are loaded into, each as a tenant of its own. */
export class WorldDatabase {
  readonly #client: pg.Client;
  readonly #database: TestDatabase;

  private constructor(client: pg.Client, database: TestDatabase) {
    this.#client = client;
    this.#database = database;
  }

  static async open(): Promise<WorldDatabase> {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url, options: '-c timezone=UTC' });
    await client.connect();
    return new WorldDatabase(client, database);
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#database.drop();
  }

  async rows<Row extends pg.QueryResultRow>(statement: Sql): Promise<Row[]> {
    const { sql: text, parameters } = toText(statement);
    const { rows } = await this.#client.query<Row>(text, [...parameters]);
    return rows;
  }

  async contactIds(statement: Sql): Promise<string[]> {
    const rows = await this.rows<{ contact_id: string }>(statement);
    return rows.map((row) => row.contact_id);
  }

  /** The tables hold one world at a time, and a stranger's copy of it, which no statement may see. */
  async load(world: World): Promise<void> {
    await this.#client.query('truncate tenant, contact_engagement cascade');
    await this.#client.query('truncate contact_change');
    const stranger = world.tenantId.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    for (const tenantId of [world.tenantId, stranger]) {
      await this.#loadAs(tenantId, tenantId === stranger ? { ...world, contacts: world.contacts.toReversed().map(swapped(world)) } : world);
      await this.rows(sql`insert into contact_engagement
        ${engagementSql(sql`select c.id from contact c where c.tenant_id = ${tenantId}::uuid`, tenantId, null)}`);
    }
    await this.#client.query('analyze contact, contact_event, contact_engagement');
  }

  async #loadAs(tenant_id: string, world: World): Promise<void> {
    const at = (ms: number): string => new Date(ms).toISOString();
    const now = at(world.asOf);
    const stamps = { created_at: now, updated_at: now };
    const foreign = { tenant_id, ...stamps };
    const { campaigns, customFields, segments, list } = world.surroundings ?? drawn;
    await this.#insert('tenant', [{ id: tenant_id, name: 'a tenant', created_at: now }]);
    await this.#insert('campaign', campaigns.map(({ externalId, ...row }) => ({ ...foreign, ...row, external_id: externalId, status: 'draft' })));
    await this.#insert('custom_field', customFields.map(({ id, key, label, type }) =>
      ({ ...foreign, id, key, label, type, options: [], version: 1 })));
    await this.#insert('segment', [...segments].map(([name, id]) => ({
      ...foreign, id, name, type: id === list ? 'static' : 'dynamic', status: 'active', created_by: 'test', labels: [], rules_version: 1,
    })));
    await this.#insert('contact', world.contacts.map((contact) => ({
      tenant_id, id: contact.id, ...contact.texts, zone: contact.zone, subscription_status: contact.subscriptionStatus,
      lead_score: contact.leadScore, tags: contact.tags, custom: contact.custom,
      created_at: at(contact.createdAt), updated_at: at(contact.updatedAt),
    })));
    await this.rows(insertContactDates(tenant_id, sql`select id from contact where tenant_id = ${tenant_id}::uuid`));
    await this.#insert('contact_event', world.contacts.flatMap(({ id, events }) => events.map((event) => ({
      tenant_id, id: event.id, contact_id: id, type: event.type, occurred_at: at(event.occurredAt), campaign_id: event.campaignId,
      url: event.url, device: event.device, revenue: event.revenue, properties: event.properties, received_at: now,
    }))));
    await this.#insert('segment_member', world.contacts.filter(({ listed }) => listed)
      .map(({ id }) => ({ tenant_id, segment_id: list, contact_id: id, since: now })));
    await this.#insert('segment_override', world.contacts.flatMap(({ id, overrides }) => [...overrides].map(([segment, { pin, until }]) => ({
      tenant_id, segment_id: segment, contact_id: id, pin, until: until === null ? null : at(until), created_by: 'test', created_at: now,
    }))));
  }

  async #insert(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    if (rows.length === 0) return;
    const columns = sql.join(Object.keys(rows[0]!).map((column) => sql.ref(column)));
    await this.rows(sql`insert into ${sql.table(table)} (${columns})
      select ${columns} from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::jsonb)`);
  }
}

/** In the stranger's copy each id has another contact's values, lists and events. */
function swapped(world: World) {
  return (contact: WorldContact, index: number): WorldContact => ({
    ...contact,
    id: world.contacts[index]!.id,
    texts: { ...contact.texts, email: `${index}@stranger.example` },
  });
}

