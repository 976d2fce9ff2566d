import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { type Caller, CurrentCaller, nameOf, PathId } from '../tenancy/index.js';
import { SegmentDto } from './dto/segment.dto.js';
import { EditDto, RestoreDto, VersionDto } from './dto/version.dto.js';
import { ApiIfMatch, type IfMatch, IfMatchHeader, SegmentEtag } from './segment-etag.js';
import { SegmentsService } from './segments.service.js';
import { VersionsService } from './versions.service.js';

@ApiTags('Segments')
@UseInterceptors(SegmentEtag)
@Controller('api/v1/segments')
export class VersionsController {
  constructor(
    private readonly history: VersionsService,
    private readonly segments: SegmentsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get(':id/edits')
  @ApiOperation({ summary: 'Who changed what of a segment, newest first' })
  @ApiPage(EditDto)
  @ApiProblems(400, 404, 422)
  async listSegmentEdits(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<EditDto>> {
    return await this.history.edits(caller.tenantId, id, query);
  }

  @Get(':id/versions')
  @ApiOperation({ summary: 'The rules of a segment as they were, newest first' })
  @ApiPage(VersionDto)
  @ApiProblems(400, 404, 422)
  async listRulesVersions(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<VersionDto>> {
    return await this.history.versions(caller.tenantId, id, query);
  }

  @Post(':id/restore')
  @ApiIfMatch()
  @HttpCode(200)
  @ApiOperation({ summary: 'Bring earlier rules back', description: 'As a new version, which is refreshed at once. Refused where what they name is gone.' })
  @ApiOkResponse({ type: SegmentDto })
  @ApiProblems(400, 404, 412, 422)
  async restoreRulesVersion(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @IfMatchHeader() ifMatch: IfMatch, @Body() body: RestoreDto,
  ): Promise<SegmentDto> {
    return await this.segments.restore(caller.tenantId, id, body.version, nameOf(caller), this.clock.now(), ifMatch);
  }
}
