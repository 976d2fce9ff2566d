import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, ClientGone, CLOCK, type Clock, LargeBody } from '../../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, nameOf, type Once, OnceKey } from '../../tenancy/index.js';
import { DefinitionsService } from './definitions.service.js';
import { ExportDefinitionsQuery, ImportDefinitionsQuery, ImportPlanDto, SegmentDocumentsDto } from './documents.dto.js';

@ApiTags('Segments')
@Controller('api/v1/segments')
export class DefinitionsController {
  constructor(
    private readonly definitions: DefinitionsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('export')
  @ApiOperation({
    summary: 'Export definitions',
    description: 'One document a segment, in a stable order, without ids, dates or counts: for files under version control, or for another tenant.',
  })
  @ApiOkResponse({ type: SegmentDocumentsDto })
  @ApiProblems(422)
  async exportDefinitions(@CurrentCaller() caller: Caller, @Query() query: ExportDefinitionsQuery): Promise<SegmentDocumentsDto> {
    return await this.definitions.export(caller.tenantId, query.label);
  }

  @Post('import')
  @LargeBody()
  @ApiOnce()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Import definitions',
    description: 'Makes and changes segments until they are as the documents say, all or none; a repetition changes nothing. Segments without a document stay. `dryRun=true` tells what would be done, with the members that each change moves.',
  })
  @ApiOkResponse({ type: ImportPlanDto })
  @ApiProblems(400, 409, 422, 503)
  async importDefinitions(
    @CurrentCaller() caller: Caller, @OnceKey() once: Once, @Query() query: ImportDefinitionsQuery, @Body() body: SegmentDocumentsDto, @ClientGone() gone: AbortSignal,
  ): Promise<ImportPlanDto> {
    return await this.definitions.import(caller.tenantId, body, { dryRun: query.dryRun, signal: gone }, nameOf(caller), this.clock.now(), once);
  }
}
