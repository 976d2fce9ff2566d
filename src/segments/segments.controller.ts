import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiPage, ApiProblems, ClientGone, CLOCK, type Clock, LargeBody, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, nameOf, type Once, OnceKey, PathId } from '../tenancy/index.js';
import { ExplainQuery, ExplanationDto, PreviewDto, PreviewResultDto } from './dto/preview.dto.js';
import { CopySegmentDto, CreateSegmentDto, DependentDto, SegmentDto, SegmentsQuery, UpdateSegmentDto } from './dto/segment.dto.js';
import { LifecycleService } from './lifecycle.service.js';
import { PreviewService } from './preview.service.js';
import { ApiIfMatch, type IfMatch, IfMatchHeader, SegmentEtag } from './segment-etag.js';
import { SegmentsService } from './segments.service.js';

@ApiTags('Segments')
@UseInterceptors(SegmentEtag)
@Controller('api/v1/segments')
export class SegmentsController {
  constructor(
    private readonly segments: SegmentsService,
    private readonly lifecycle: LifecycleService,
    private readonly previews: PreviewService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @LargeBody()
  @ApiOnce()
  @ApiOperation({ summary: 'Make a segment', description: 'A dynamic one is refreshed at once in the background.' })
  @ApiCreatedResponse({ type: SegmentDto })
  @ApiProblems(400, 409, 410, 422)
  async createSegment(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: CreateSegmentDto): Promise<SegmentDto> {
    return await this.segments.create(caller.tenantId, body, nameOf(caller), this.clock.now(), once);
  }

  @Get()
  @ApiOperation({ summary: 'List segments' })
  @ApiPage(SegmentDto)
  @ApiProblems(400, 422)
  async listSegments(@CurrentCaller() caller: Caller, @Query() query: SegmentsQuery): Promise<Page<SegmentDto>> {
    return await this.segments.list(caller.tenantId, query);
  }

  @Post('preview')
  @LargeBody()
  @Allow('viewer')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try rules without storing them', description: 'Who would match; with `segmentId` also who would enter and leave it, with `breakdown` what each condition does. Ended after 30 seconds, or after what the operator set for the tenant, and where the client goes away.' })
  @ApiOkResponse({ type: PreviewResultDto })
  @ApiProblems(400, 404, 422, 503)
  async previewSegment(@CurrentCaller() caller: Caller, @Body() body: PreviewDto, @ClientGone() gone: AbortSignal): Promise<PreviewResultDto> {
    return await this.previews.preview(caller.tenantId, body, this.clock.now(), gone);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a segment' })
  @ApiOkResponse({ type: SegmentDto })
  @ApiProblems(404)
  async getSegment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<SegmentDto> {
    return await this.segments.get(caller.tenantId, id);
  }

  @Patch(':id')
  @LargeBody()
  @ApiIfMatch()
  @ApiOperation({ summary: 'Change a segment', description: 'A property left out stays. New rules count up `rulesVersion` and are refreshed at once. An active one that is used cannot become a draft: `dependents` says by what.' })
  @ApiOkResponse({ type: SegmentDto })
  @ApiProblems(400, 404, 409, 412, 422)
  async updateSegment(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @IfMatchHeader() ifMatch: IfMatch, @Body() body: UpdateSegmentDto,
  ): Promise<SegmentDto> {
    return await this.segments.update(caller.tenantId, id, body, nameOf(caller), this.clock.now(), ifMatch);
  }

  @Delete(':id')
  @ApiIfMatch()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a segment', description: 'With its members and history. Refused while another segment\'s rules, an unfinished campaign or the campaign settings name it; `dependents` says which.' })
  @ApiNoContentResponse()
  @ApiProblems(400, 404, 409, 412)
  async deleteSegment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @IfMatchHeader() ifMatch: IfMatch): Promise<void> {
    await this.segments.delete(caller.tenantId, id, ifMatch);
  }

  @Get(':id/dependents')
  @ApiOperation({ summary: 'List what uses a segment', description: 'In the order of the ids.' })
  @ApiPage(DependentDto)
  @ApiProblems(400, 404, 422)
  async listDependents(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<DependentDto>> {
    return await this.segments.dependents(caller.tenantId, id, query);
  }

  @Get(':id/explain')
  @ApiOperation({ summary: 'Explain a membership', description: 'The rules with a verdict on each node and the contact\'s actual values.' })
  @ApiOkResponse({ type: ExplanationDto })
  @ApiProblems(404, 409, 422)
  async explainMembership(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: ExplainQuery): Promise<ExplanationDto> {
    return await this.previews.explain(caller.tenantId, id, query.contactId, this.clock.now());
  }

  @Post(':id/archive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Archive a segment', description: 'It is no longer refreshed and no audience. Refused while an active segment\'s rules, an unfinished campaign or the campaign settings name it.' })
  @ApiOkResponse({ type: SegmentDto })
  @ApiProblems(404, 409)
  async archiveSegment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<SegmentDto> {
    return await this.lifecycle.archive(caller.tenantId, id, nameOf(caller), this.clock.now());
  }

  @Post(':id/activate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Activate a draft or an archived segment', description: 'A dynamic one is refreshed at once in the background.' })
  @ApiOkResponse({ type: SegmentDto })
  @ApiProblems(404)
  async activateSegment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<SegmentDto> {
    return await this.lifecycle.activate(caller.tenantId, id, nameOf(caller), this.clock.now());
  }

  @Post(':id/duplicate')
  @ApiOnce()
  @ApiBody({ type: CopySegmentDto, required: false })
  @ApiOperation({ summary: 'Duplicate a segment', description: 'Of a static one the members as well.' })
  @ApiCreatedResponse({ type: SegmentDto })
  @ApiProblems(400, 404, 409, 410, 422)
  async duplicateSegment(
    @CurrentCaller() caller: Caller, @OnceKey() once: Once, @Param('id', PathId) id: string, @Body() body: CopySegmentDto,
  ): Promise<SegmentDto> {
    return await this.lifecycle.copy(caller.tenantId, id, 'duplicate', body.name, nameOf(caller), this.clock.now(), once);
  }

  @Post(':id/freeze')
  @ApiOnce()
  @ApiBody({ type: CopySegmentDto, required: false })
  @ApiOperation({ summary: 'Freeze a segment', description: 'Makes a static segment of its present members. An active dynamic one is refreshed first.' })
  @ApiCreatedResponse({ type: SegmentDto })
  @ApiProblems(400, 404, 409, 410, 422, 503)
  async freezeSegment(
    @CurrentCaller() caller: Caller, @OnceKey() once: Once, @Param('id', PathId) id: string, @Body() body: CopySegmentDto,
  ): Promise<SegmentDto> {
    return await this.lifecycle.copy(caller.tenantId, id, 'freeze', body.name, nameOf(caller), this.clock.now(), once);
  }
}
