import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { engagementSql, type Sql, sql, toText } from '#rules';
import { insertContactDates } from '../../src/contacts/sql/contact-dates.sql.js';
import { foldTally } from '../../src/contacts/sql/contact-tally.sql.js';
import { campaigns, customFields, GeneratedWorld, type Size } from './world.js';

/**
 * Loads a generated tenant straight through COPY as the owner, and computes the engagement figures with the service's own
 * statement. The tenant is there already; it has no contacts yet.
 */
export async function generate(url: string, tenantId: string, size: Size, asOf: Date, say: (line: string) => void): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  try {
    await client.query(`set app.tenant_id = '${tenantId}'`);
    // What refers to what is right by construction; the checks, one look-up a row, are left out.
    await client.query('set session_replication_role = replica');
    await insertVocabulary(client, tenantId, asOf);
    const world = new GeneratedWorld(size, asOf, tenantId);
    await copy(client, 'contact (tenant_id, id, email, country, state, city, timezone, zone, subscription_status, lead_score, tags, custom, created_at, updated_at)', world.contactLines());
    say(`${size.contacts.toLocaleString('en')} contacts`);
    await withoutIndexes(client, 'contact_event', async () => {
      await copy(client, 'contact_event (tenant_id, id, contact_id, type, occurred_at, campaign_id, url, device, revenue, properties, received_at)', world.eventLines());
      say(`${size.events.toLocaleString('en')} events`);
    });
    const everyone = sql`select c.id from contact c where c.tenant_id = ${tenantId}::uuid`;
    await run(client, foldTally(tenantId, -1));
    await run(client, insertContactDates(tenantId, everyone));
    await client.query('analyze contact, contact_event');
    await run(client, sql`insert into contact_engagement ${engagementSql(everyone, tenantId, null)}`);
    say('engagement figures');
    await client.query('vacuum (analyze) contact, contact_date, contact_event, contact_engagement');
  } finally {
    await client.end();
  }
}

async function run(client: pg.Client, statement: Sql): Promise<void> {
  const { sql: text, parameters } = toText(statement);
  await client.query(text, [...parameters]);
}

async function insertVocabulary(client: pg.Client, tenantId: string, asOf: Date): Promise<void> {
  for (const { id, key, type, options } of customFields) {
    await client.query(
      'insert into custom_field (tenant_id, id, key, label, type, options, created_at, updated_at) values ($1, $2, $3, $3, $4, $5, $6, $6)',
      [tenantId, id, key, type, options, asOf]);
  }
  for (const { id, externalId, name } of campaigns) {
    await client.query(
      'insert into campaign (tenant_id, id, external_id, name, status, created_at, updated_at) values ($1, $2, $3, $4, \'draft\', $5, $5)',
      [tenantId, id, externalId, name, asOf]);
  }
}

async function copy(client: pg.Client, into: string, lines: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(inChunks(lines)), client.query(copyFrom(`copy ${into} from stdin`)));
}

/** Lines one by one would cost more than the server does. */
function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk: string[] = [];
  for (const line of lines) {
    chunk.push(line);
    if (chunk.length === 1_000) {
      yield chunk.join('');
      chunk = [];
    }
  }
  yield chunk.join('');
}

/** Indexes are built once over all rows, from their own definitions. */
async function withoutIndexes(client: pg.Client, table: string, work: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i where i.indrelid = $1::regclass and not i.indisunique`, [table]);
  for (const { name } of rows) await client.query(`drop index ${name}`);
  await work();
  for (const { definition } of rows) await client.query(definition);
}
