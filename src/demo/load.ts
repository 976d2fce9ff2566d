import { templates } from '#rules';
import type { Api } from './api.js';
import { campaigns, customFields } from './catalogue.js';
import { type ContactRow, demoContacts } from './contacts.js';
import { demoEvents, type EventRow } from './events.js';

export interface DemoSegment {
  id: string;
  name: string;
  contactCount: number;
}

interface Batch {
  failed: { index: number; errors: unknown[] }[];
}

const contactCount = 2_000;
const batchSize = 5_000;

/**
 * Sends the demo's data over HTTP. What is there already is left as it is, so a start that was cut short is simply
 * taken up again: contacts are told apart by address, events by id.
 */
export async function loadDemo(api: Api, from: Date, say: (line: string) => void): Promise<void> {
  await createMissing(api, '/custom-fields', customFields, ({ key }) => key);
  await createMissing(api, '/campaigns', campaigns.map(({ externalId, name }) => ({ externalId, name })), ({ externalId }) => externalId);
  const contacts = demoContacts(contactCount, from);
  for (const batch of batches(contacts.map(({ row }) => row))) {
    refuseFailures(await api.post<Batch>('/contacts/batch', { contacts: batch, onDuplicate: 'skip' }), batch);
  }
  say(`  ${contacts.length.toLocaleString('en')} contacts with ${customFields.length} custom fields`);
  const events = demoEvents(contacts, from);
  for (const batch of batches(events)) {
    refuseFailures(await api.post<Batch>('/events/batch', { events: batch }), batch);
  }
  say(`  ${events.length.toLocaleString('en')} events of ${campaigns.length} campaigns`);
  const known = new Set((await api.all<DemoSegment>('/segments')).map(({ name }) => name));
  for (const { key, name } of templates) {
    if (!known.has(name)) await api.post(`/segment-templates/${key}/instantiate`, { createMissing: true });
  }
  say(`  ${templates.length} segments from the templates`);
}

/** Refreshes every segment and gives them as they are then. */
export async function refreshDemo(api: Api): Promise<DemoSegment[]> {
  for (const { id, type } of await api.all<{ id: string; type: string }>('/segments')) {
    if (type === 'dynamic') await api.post(`/segments/${id}/refresh`, { waitSeconds: 60 });
  }
  return await api.all<DemoSegment>('/segments');
}

/** Creates those that a list of the service does not have yet. */
async function createMissing<Item extends object>(api: Api, path: string, items: readonly Item[], keyOf: (item: Item) => string): Promise<void> {
  const known = new Set((await api.all<Item>(path)).map(keyOf));
  for (const item of items) {
    if (!known.has(keyOf(item))) await api.post(path, item);
  }
}

function* batches<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let at = 0; at < rows.length; at += batchSize) yield rows.slice(at, at + batchSize);
}

function refuseFailures({ failed }: Batch, rows: readonly (ContactRow | EventRow)[]): void {
  const [first] = failed;
  if (first === undefined) return;
  throw new Error(`${failed.length} rows were refused, the first of them ${JSON.stringify(rows[first.index])}: ${JSON.stringify(first.errors)}`);
}
