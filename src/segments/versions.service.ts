import { Injectable } from '@nestjs/common';
import { Database, instantOf, sql } from '#database';
import type { Page, PageQuery } from '../http/index.js';
import { CursorsService } from '../tenancy/index.js';
import type { EditDto, VersionDto } from './dto/version.dto.js';
import { findSegment } from './find-segment.js';

interface EditRow {
  revision: number; rules_version: number; changed: string[]; rules: object; rule_text: string; by: string; at: string;
}

/** What was done to a segment: its edits, and the versions of its rules. */
@Injectable()
export class VersionsService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
  ) {}

  /** Who changed what and when, newest first. */
  async edits(tenantId: string, segmentId: string, query: PageQuery): Promise<Page<EditDto>> {
    return await this.walk(tenantId, segmentId, 'edits', query, (row) => ({
      revision: row.revision, rulesVersion: row.rules_version, changed: row.changed, by: row.by, at: instantOf(row.at).toISOString(),
    }));
  }

  /** The rules as they were, newest first. */
  async versions(tenantId: string, segmentId: string, query: PageQuery): Promise<Page<VersionDto>> {
    return await this.walk(tenantId, segmentId, 'versions', query, (row) => ({
      version: row.rules_version, rules: row.rules, ruleText: row.rule_text, revision: row.revision, by: row.by, at: instantOf(row.at).toISOString(),
    }));
  }

  private async walk<Item>(
    tenantId: string, segmentId: string, what: 'edits' | 'versions', query: PageQuery, show: (row: EditRow) => Item,
  ): Promise<Page<Item>> {
    return await this.cursors.page(tenantId, [what, segmentId], query, async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => {
      const segment = await findSegment(tx, segmentId);
      return await tx.rows<EditRow>(sql`
        select revision, rules_version, changed, by, at, ${what === 'edits' ? sql`null as rules, null as rule_text` : sql`rules, rule_text`}
        from segment_edit where tenant_id = ${tenantId}::uuid and segment_id = ${segment.id}::uuid
          ${what === 'edits' ? sql`` : sql`and rules is not null`}
          ${after === null ? sql`` : sql`and revision < ${after[0]}::int`}
        order by revision desc limit ${limit}`);
    }), (row): [number] => [row.revision], show);
  }
}
