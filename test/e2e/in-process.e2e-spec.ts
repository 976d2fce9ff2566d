import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, Database, sql } from '#database';
import { SystemClock } from '#kernel';
import { AppModule } from '../../src/app.module.js';
import { readConfig } from '../../src/config.js';
import { ContactsModule, ContactsService } from '../../src/contacts/index.js';
import { PgBossQueue } from '../../src/queues/index.js';
import { MembershipService, SegmentsModule, SegmentsService } from '../../src/segments/index.js';
import { TenantsService } from '../../src/tenancy/index.js';
import { createTestDatabase } from '../support/database.js';

/** A module of the host's own: it asks segments in process, with no HTTP between them. */
@Injectable()
class Mailing {
  constructor(
    private readonly database: Database,
    private readonly segments: SegmentsService,
    private readonly membership: MembershipService,
  ) {}

  /** Whom a mail goes to: the members of one segment that are not in another, by one statement in one transaction. */
  async addresses(tenantId: string, include: string, exclude: string, now: Date): Promise<string[]> {
    await this.membership.ensureFresh(tenantId, [include, exclude], now);
    return await this.database.inTenant(tenantId, async (tx) => {
      const rows = await tx.rows<{ email: string }>(sql`
        select c.email from contact c
        where c.tenant_id = ${tenantId}::uuid
          and c.id in (${this.membership.membersOf(tenantId, [include])})
          and c.id not in (${this.membership.membersOf(tenantId, [exclude])})
        order by c.email`);
      return rows.map(({ email }) => email);
    }, { readOnly: true });
  }

  /** Whether a mail may greet a contact as one of the segment. */
  async knows(tenantId: string, segmentId: string, contactId: string): Promise<boolean> {
    return await this.membership.isMember(tenantId, segmentId, contactId);
  }

  async ruleText(tenantId: string, segmentId: string): Promise<string | null> {
    return (await this.segments.get(tenantId, segmentId)).ruleText;
  }
}

@Module({ imports: [SegmentsModule, ContactsModule], providers: [Mailing] })
class MailingModule {}

interface Host {
  app: INestApplicationContext;
  stop(): Promise<void>;
}

/** An application of the host: the modules of the service and one of its own, without a port. */
async function startHost(): Promise<Host> {
  const created = await createTestDatabase();
  const config = readConfig({ DATABASE_URL: created.url, LOG_LEVEL: 'silent' });
  const database = await connect({ url: created.url, takeRole: true });
  const queue = new PgBossQueue({ url: created.url, works: true });

  @Module({ imports: [AppModule.with({ config, clock: new SystemClock(), database, queue }), MailingModule] })
  class HostModule {}

  const app = await NestFactory.createApplicationContext(HostModule, { logger: false });
  await queue.start();
  return {
    app,
    async stop() {
      await app.close();
      await queue.stop();
      await database.close();
      await created.drop();
    },
  };
}

describe('Another module in the same process', () => {
  const now = new SystemClock().now();
  let host: Host;
  let mailing: Mailing;
  let segments: SegmentsService;
  let tenantId: string;
  let ada: string;
  let linus: string;
  let british: string;
  let vips: string;

  beforeAll(async () => {
    host = await startHost();
    mailing = host.app.get(Mailing);
    segments = host.app.get(SegmentsService);
    tenantId = (await host.app.get(TenantsService).create('Acme', now)).id;
    const contacts = host.app.get(ContactsService);
    const contact = async (row: object): Promise<string> => (await contacts.create(tenantId, row, null, now)).record.id;
    ada = await contact({ email: 'ada@example.com', country: 'United Kingdom' });
    await contact({ email: 'alan@example.com', country: 'United Kingdom' });
    linus = await contact({ email: 'linus@example.com', country: 'Finland' });
    british = (await segments.create(tenantId, {
      name: 'British', type: 'dynamic',
      rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'United Kingdom' }] }] },
    }, 'mailing', now)).id;
    vips = (await segments.create(tenantId, { name: 'VIPs', type: 'static', contactIds: [ada, linus] }, 'mailing', now)).id;
  });

  afterAll(async () => { await host.stop(); });

  it('asks for segments to be fresh and takes their members as a fragment of its own statement', async () => {
    expect(await mailing.addresses(tenantId, british, vips, new SystemClock().now())).toEqual(['alan@example.com']);
  });

  it('sees in that answer what was written before it asked', async () => {
    await host.app.get(ContactsService).create(tenantId, { email: 'dorothy@example.com', country: 'united kingdom' }, null, now);
    expect(await mailing.addresses(tenantId, british, vips, new SystemClock().now())).toEqual(['alan@example.com', 'dorothy@example.com']);
  });

  it('asks about one contact', async () => {
    expect(await mailing.knows(tenantId, british, ada)).toBe(true);
    expect(await mailing.knows(tenantId, british, linus)).toBe(false);
  });

  it('reads a segment as the interface shows it', async () => {
    expect(await mailing.ruleText(tenantId, british)).toBe('Country is United Kingdom');
  });

  it('sees nothing of another tenant: its segments have no members here', async () => {
    const other = (await host.app.get(TenantsService).create('Other', now)).id;
    expect(await mailing.addresses(other, british, vips, new SystemClock().now())).toEqual([]);
    expect(await mailing.knows(other, british, ada)).toBe(false);
  });
});
