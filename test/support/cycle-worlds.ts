import type pg from 'pg';
import { Queue } from '../../src/queues/index.js';
import { STATEMENT_COSTS } from '../../src/segments/incremental-refresh.js';
import { people, type World } from './cycle-commands.js';
import { CycleFaults } from './cycle-faults.js';
import { CycleWorld, type Furnished, type Ran } from './cycle-world.js';
import { startTestService, type TestService } from './service.js';
import type { StatementKiller } from './statements.js';
import { campaigns, options } from './worlds.js';

/** A service of its own, with its own clock, in which one sequence after the other happens to a tenant that nobody had before. */
export class CycleWorlds {
  readonly #service: TestService;
  readonly #faults: CycleFaults;
  readonly #owner: pg.Client;
  readonly #furnished: Furnished;
  #busy: Promise<void> = Promise.resolve();

  private constructor(service: TestService, faults: CycleFaults, owner: pg.Client, furnished: Furnished) {
    [this.#service, this.#faults, this.#owner, this.#furnished] = [service, faults, owner, furnished];
  }

  static async open(killerFor: (url: string) => Promise<StatementKiller>): Promise<CycleWorlds> {
    // Nobody works the queue: the worlds run their cycles themselves, and nobody needs to be rung.
    const service = await startTestService({ ROLE: 'api' });
    service.service.app.get(Queue, { strict: false }).ring = async () => undefined;
    const owner = await service.owner();
    const furnished = await furnish(service);
    await owner.query('set session_replication_role = replica');
    await owner.query(copyTenant);
    // Whose ids an event or a rule may name beside the external ones.
    for (const { id, name } of campaigns) await owner.query('update campaign set id = $1 where tenant_id = $2 and name = $3', [id, furnished.tenantId, name]);
    return new CycleWorlds(service, await CycleFaults.open(service, await killerFor(service.databaseUrl)), owner, furnished);
  }

  async close(): Promise<void> {
    // A time limit leaves the last world in its middle.
    await this.#busy;
    await this.#service.stop();
  }

  /** Lets everything happen to a tenant; throws what did, where after a cycle the members are not those of a full recomputation. */
  async run(world: World, ran: Ran): Promise<void> {
    const running = this.#run(world, ran);
    this.#busy = running.catch(() => undefined);
    await running;
  }

  async #run(world: World, ran: Ran): Promise<void> {
    Object.assign(this.#service.service.app.get<object>(STATEMENT_COSTS, { strict: false }), world.costs);
    const setting = { service: this.#service, faults: this.#faults, furnished: this.#furnished, ran, longest: { statements: 40 } };
    const made = new CycleWorld({ ...setting, tenantId: await this.#copyOf(this.#furnished.tenantId) });
    await this.#telling(made, async () => { await made.begin(world); });
    for (const sequence of world.sequences) {
      const one = made.in(await this.#copyOf(made.tenantId));
      await this.#telling(one, async () => {
        for (const step of sequence) await one.apply(step);
        await one.end();
      });
      ran.sequences += 1;
    }
  }

  async #telling(world: CycleWorld, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new Error(`${String(error)}\nafter\n${world.told()}`, { cause: error });
    } finally {
      await this.#faults.cure();
    }
  }

  /** The id of a new tenant that has all that another has, ids and all. */
  async #copyOf(tenantId: string): Promise<string> {
    const copy = crypto.randomUUID();
    await this.#owner.query('select copy_tenant($1, $2)', [tenantId, copy]);
    return copy;
  }
}

/** A tenant with one of everything that rules may name, over HTTP. */
async function furnish(service: TestService): Promise<Furnished> {
  await service.clock('2010-01-01T00:00:00Z');
  const { id: tenantId, apiKey, request } = await service.tenant();
  const made = async (path: string, body: object): Promise<string> => (await request<{ id: string }>('POST', path, body)).body.id;
  const fields: Record<string, string> = {};
  for (const type of ['text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select']) {
    fields[type] = await made('/custom-fields', { key: type, label: type, type, ...(type.endsWith('select') ? { options } : {}) });
  }
  const ownType = await made('/event-types', { key: 'own', label: 'Own', properties: { plan: 'string', amount: 'number', flag: 'boolean' } });
  for (const { name, externalId } of campaigns) await made('/campaigns', { name, ...(externalId === null ? {} : { externalId }) });
  await request('POST', '/contacts/batch', { contacts: people.map((email) => ({ email })) });
  const listId = await made('/segments', { name: 'list', type: 'static', emails: people.slice(0, 3) });
  return { tenantId, secret: apiKey.slice(`sk_${tenantId}_`.length), listId, ownType, fields };
}

/** All rows of a tenant once more, as another's. Keys and triggers are the owner's to switch off. */
const copyTenant = `
  create function copy_tenant(one uuid, other uuid) returns void language plpgsql as $$
  declare copied record;
  begin
    for copied in
      select c.relname as name, case c.relname when 'tenant' then 'id' else 'tenant_id' end as key, string_agg(quote_ident(a.attname), ', ') as columns,
        string_agg(case when a.attname = case c.relname when 'tenant' then 'id' else 'tenant_id' end then '$2' else quote_ident(a.attname) end, ', ') as taken
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and (c.relname = 'tenant' or exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'tenant_id'))
      group by c.relname
    loop
      execute format('insert into %I (%s) overriding system value select %s from %I where %I = $1', copied.name, copied.columns, copied.taken, copied.name, copied.key) using one, other;
    end loop;
  end $$`;
