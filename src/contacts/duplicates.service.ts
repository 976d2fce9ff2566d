import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Page } from '../http/index.js';
import { CursorsService, type PageRequest } from '../tenancy/index.js';
import { ContactsService } from './contacts.service.js';
import type { DuplicatesDto, DuplicatesQuery } from './dto/duplicates.dto.js';
import { findDuplicates } from './sql/find-duplicates.sql.js';

/** Contacts that are likely one person. */
@Injectable()
export class DuplicatesService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
    private readonly contacts: ContactsService,
  ) {}

  /** Groups of contacts that have a key in common; which of them are one person, whoever merges them decides. */
  async find(tenantId: string, query: DuplicatesQuery, signal?: AbortSignal): Promise<Page<DuplicatesDto>> {
    const by = query.by ?? 'email';
    return await this.cursors.page(tenantId, ['duplicates', by], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.database.inSnapshot(tenantId, async (tx) => {
        const groups = await tx.rows<{ place: string; count: string; ids: string[] }>(findDuplicates(tenantId, by, limit, after?.[0] ?? null));
        const shown = await this.contacts.shownIn(tx, groups.flatMap(({ ids }) => ids));
        return groups.map(({ place, count, ids }) => ({ place, shown: { by, count: Number(count), contacts: ids.map((id) => shown.get(id)!) } }));
      }, signal),
      ({ place }): [string] => [place],
      ({ shown }) => shown);
  }
}
