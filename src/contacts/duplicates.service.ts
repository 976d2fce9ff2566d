import { Injectable } from '@nestjs/common';
import { Database, sql } from '#database';
import type { Page } from '../http/index.js';
import { CursorsService, type PageRequest } from '../tenancy/index.js';
import { contactColumns, type ContactRecord } from './contact-record.js';
import { CustomFieldsService } from './custom-fields.service.js';
import { ContactDto } from './dto/contact.dto.js';
import type { DuplicatesDto, DuplicatesQuery } from './dto/duplicates.dto.js';
import { findDuplicates } from './sql/find-duplicates.sql.js';

/** Contacts that are likely one person. */
@Injectable()
export class DuplicatesService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
    private readonly customFields: CustomFieldsService,
  ) {}

  /** Groups of contacts that have a key in common; which of them are one person, whoever merges them decides. */
  async find(tenantId: string, query: DuplicatesQuery): Promise<Page<DuplicatesDto>> {
    const by = query.by ?? 'email';
    return await this.cursors.page(tenantId, ['duplicates', by], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.database.inSnapshot(tenantId, async (tx) => {
        const groups = await tx.rows<{ place: string; count: string; ids: string[] }>(findDuplicates(tenantId, by, limit, after?.[0] ?? null));
        const fields = await this.customFields.all(tx);
        const records = await tx.rows<ContactRecord>(sql`
          select ${contactColumns} from contact c where c.tenant_id = ${tenantId}::uuid and c.id = any(${groups.flatMap(({ ids }) => ids)}::uuid[])`);
        const byId = new Map(records.map((record) => [record.id, ContactDto.of(record, fields)]));
        return groups.map(({ place, count, ids }) => ({ place, shown: { by, count: Number(count), contacts: ids.map((id) => byId.get(id)!) } }));
      }),
      ({ place }): [string] => [place],
      ({ shown }) => shown);
  }
}
