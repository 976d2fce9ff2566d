import { Injectable } from '@nestjs/common';
import { type Sql, sql, type TenantTransaction } from '#database';
import { notFound, Problem } from '#kernel';
import {
  findTemplate, instantiateTemplate, requiredSegments, type SegmentDefinition, type SegmentTemplate,
} from '#rules';
import { insertCampaign } from '../campaigns/index.js';
import { CustomFieldsService } from '../contacts/index.js';
import { SegmentsService } from '../segments/index.js';
import type { Once } from '../tenancy/index.js';
import type { InstantiateTemplateDto } from './dto.js';
import { readParams, type TemplateParams } from './template-params.js';

type Segment = Awaited<ReturnType<SegmentsService['get']>>;

/** Makes segments of the guide's templates. */
@Injectable()
export class TemplatesService {
  constructor(
    private readonly segments: SegmentsService,
    private readonly customFields: CustomFieldsService,
  ) {}

  /**
   * Makes a segment of a template. Custom fields are found by key, segments and campaigns by name unless `params` gives
   * ids; what is missing is a 422, or is made where `createMissing` says so, all in one transaction.
   */
  async instantiate(tenantId: string, key: string, wanted: InstantiateTemplateDto, by: string, now: Date, once: Once): Promise<Segment> {
    const template = findTemplate(key);
    if (template === undefined) throw notFound('segment template', key);
    const params = readParams(wanted.params, template.requires);
    return await this.segments.makeOnce(tenantId, once, now, async (tx) => {
      const create = wanted.createMissing === true;
      if (create) await this.customFields.createMissing(tx, template.requires.customFields, now);
      const rules = await this.rulesOf(tx, template, params, create, by, now);
      return await this.segments.createIn(tx, {
        name: wanted.name ?? template.name, description: template.description, type: 'dynamic', rules,
      }, by, now);
    });
  }

  private async rulesOf(
    tx: TenantTransaction, template: SegmentTemplate, params: TemplateParams, create: boolean, by: string, now: Date,
  ): Promise<SegmentDefinition> {
    const segments = new Map<string, string>();
    for (const name of template.requires.segments) {
      const id = params.segments.get(name) ?? await segmentNamed(tx, name) ?? (create ? await this.createRequired(tx, name, by, now) : undefined);
      if (id !== undefined) segments.set(name, id);
    }
    const campaigns = new Map<string, readonly string[]>();
    for (const name of template.requires.campaigns) {
      const given = params.campaigns.get(name);
      const ids = await idsOfCampaign(tx, given === undefined ? sql`name = ${name}` : sql`(id::text = lower(${given}) or external_id = ${given})`);
      if (ids.length > 0) campaigns.set(name, ids);
      else if (given !== undefined) campaigns.set(name, [given]);
      else if (create) campaigns.set(name, [await insertCampaign(tx, name, null, now)]);
    }
    const { rules, missing } = instantiateTemplate(template, { segments, campaigns });
    const lacking = missing.map(({ kind, name, path }) => ({
      path, code: kind === 'segment' ? 'unknown_segment' : 'unknown_campaign', message: `There is no ${kind} named "${name}".`,
    }));
    if (lacking.length > 0) throw new Problem('invalid-rules', 422, 'Invalid rules', 'The template requires what is not there; createMissing makes it.', lacking);
    return rules;
  }

  private async createRequired(tx: TenantTransaction, name: string, by: string, now: Date): Promise<string> {
    const required = requiredSegments[name];
    if (required === undefined) throw new Error(`the guide has no segment "${name}"`);
    return await this.segments.createIn(tx, { name, description: required.description, type: 'dynamic', rules: required.rules }, by, now);
  }
}

async function segmentNamed(tx: TenantTransaction, name: string): Promise<string | undefined> {
  return (await tx.row<{ id: string }>(sql`
    select id from segment where tenant_id = ${tx.tenantId}::uuid and name_folded = lower(${name} collate "pg_c_utf8") order by id limit 1`))?.id;
}

/** What events may call such campaigns: their ids and external ids. */
async function idsOfCampaign(tx: TenantTransaction, which: Sql): Promise<string[]> {
  const rows = await tx.rows<{ id: string; external_id: string | null }>(sql`
    select id, external_id from campaign where tenant_id = ${tx.tenantId}::uuid and ${which} order by id`);
  return rows.flatMap(({ id, external_id }) => (external_id === null ? [id] : [id, external_id]));
}
