import { Injectable } from '@nestjs/common';
import { Database, TenantSecret } from '#database';
import { openCursor, sealCursor } from '#kernel';
import type { Page, PageQuery } from '../http/index.js';
import { cursorForeign } from './tenancy.problems.js';

/** Where a page begins and how many items it has. */
export interface PageRequest<Position extends readonly unknown[]> {
  readonly limit: number;
  readonly after: Position | null;
}

/** Reads and makes the cursors of lists, signed with the tenant's own key and bound to the query. */
@Injectable()
export class CursorsService {
  readonly #keys = new Map<string, Buffer>();

  constructor(private readonly database: Database) {}

  /**
   * Walks one page: `read` is asked for one item more than the page has, after the position of the cursor.
   * `query` is all that the list depends on beside the cursor and the limit.
   */
  async page<Row, Item, Position extends readonly unknown[]>(
    tenantId: string, query: readonly unknown[], sent: PageQuery,
    read: (request: PageRequest<Position>) => Promise<Row[]>, positionOf: (row: Row) => Position, show: (row: Row) => Item,
  ): Promise<Page<Item>> {
    const key = await this.keyOf(tenantId);
    const belongsTo = JSON.stringify([tenantId, ...query]);
    const after = sent.cursor === undefined ? null : openCursor(sent.cursor, belongsTo, key);
    if (sent.cursor !== undefined && after === null) throw cursorForeign();
    const limit = sent.limit ?? 50;
    const rows = await read({ limit: limit + 1, after: after as Position | null });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map(show),
      nextCursor: rows.length > limit && last !== undefined ? sealCursor(positionOf(last), belongsTo, key) : null,
    };
  }

  private async keyOf(tenantId: string): Promise<Buffer> {
    const known = this.#keys.get(tenantId);
    if (known !== undefined) return known;
    const key = await this.database.inTenant(tenantId, async ({ em }) => (await em.findOneOrFail(TenantSecret, { tenantId })).cursorKey);
    this.#keys.set(tenantId, key);
    return key;
  }
}
