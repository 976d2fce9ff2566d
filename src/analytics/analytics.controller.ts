import { Controller, Get, Header, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems, ClientGone, CLOCK, type Clock } from '../http/index.js';
import { type Caller, CurrentCaller, PathId } from '../tenancy/index.js';
import { AnalyticsService } from './analytics.service.js';
import { compareChart, funnelChart, sizeChart } from './charts.js';
import { AnalyticsDto, CohortsQuery, CompareDto, CompareQuery, FunnelDto, PeriodQuery } from './dto/analytics.dto.js';
import { CohortsDto, ProfileDto, RfmDto } from './dto/insights.dto.js';
import { InsightsService } from './insights.service.js';

const svg = 'image/svg+xml';
const drawing = { content: { [svg]: { schema: { type: 'string' as const } } } };
const orDrawing = (type: new () => object): object => ({ content: { 'application/json': { schema: { $ref: getSchemaPath(type) } }, ...drawing.content } });

@ApiTags('Analytics')
@ApiExtraModels(AnalyticsDto, CompareDto, FunnelDto)
@Controller('api/v1/segments')
export class AnalyticsController {
  constructor(
    private readonly analytics: AnalyticsService,
    private readonly insights: InsightsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('compare')
  @ApiOperation({ summary: 'Compare segments over the same days', description: 'With `Accept: image/svg+xml`, as a chart.' })
  @ApiOkResponse(orDrawing(CompareDto))
  @ApiProblems(404, 422, 503)
  async compareSegments(
    @CurrentCaller() caller: Caller, @Query() query: CompareQuery, @ClientGone() gone: AbortSignal,
    @Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CompareDto | string> {
    return await answer(await this.analytics.compare(caller.tenantId, query.ids, query, this.clock.now(), gone), compareChart, accept, reply);
  }

  @Get('compare.svg')
  @Header('content-type', svg)
  @ApiOperation({ summary: 'Draw the rates of segments side by side' })
  @ApiOkResponse(drawing)
  @ApiProblems(404, 422, 503)
  async drawComparison(@CurrentCaller() caller: Caller, @Query() query: CompareQuery, @ClientGone() gone: AbortSignal): Promise<string> {
    return await compareChart(await this.analytics.compare(caller.tenantId, query.ids, query, this.clock.now(), gone));
  }

  @Get(':id/analytics')
  @ApiOperation({
    summary: 'Read what happened in a segment, day by day',
    description: 'Days that are over come from the nightly rollup, and from the events themselves where they changed since; today is live. An event counts where its contact was a member when it happened. With `Accept: image/svg+xml`, a chart of the size.',
  })
  @ApiOkResponse(orDrawing(AnalyticsDto))
  @ApiProblems(404, 422, 503)
  async getAnalytics(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PeriodQuery, @ClientGone() gone: AbortSignal,
    @Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AnalyticsDto | string> {
    return await answer(await this.analytics.report(caller.tenantId, id, query, this.clock.now(), gone), sizeChart, accept, reply);
  }

  @Get(':id/analytics.svg')
  @Header('content-type', svg)
  @ApiOperation({ summary: 'Draw a segment\'s size over time' })
  @ApiOkResponse(drawing)
  @ApiProblems(404, 422, 503)
  async drawAnalytics(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PeriodQuery, @ClientGone() gone: AbortSignal): Promise<string> {
    return await sizeChart(await this.analytics.report(caller.tenantId, id, query, this.clock.now(), gone));
  }

  @Get(':id/funnel')
  @ApiOperation({
    summary: 'Read how far messages came: sent, delivered, opened, clicked, converted',
    description: 'A message is a contact and a campaign, sent in the period to somebody who was a member then. What follows counts whenever it happened; who clicked has opened. With `Accept: image/svg+xml`, as a chart.',
  })
  @ApiOkResponse(orDrawing(FunnelDto))
  @ApiProblems(404, 422, 503)
  async getFunnel(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PeriodQuery, @ClientGone() gone: AbortSignal,
    @Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FunnelDto | string> {
    return await answer(await this.analytics.funnel(caller.tenantId, id, query, this.clock.now(), gone), funnelChart, accept, reply);
  }

  @Get(':id/funnel.svg')
  @Header('content-type', svg)
  @ApiOperation({ summary: 'Draw how far messages came' })
  @ApiOkResponse(drawing)
  @ApiProblems(404, 422, 503)
  async drawFunnel(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PeriodQuery, @ClientGone() gone: AbortSignal): Promise<string> {
    return await funnelChart(await this.analytics.funnel(caller.tenantId, id, query, this.clock.now(), gone));
  }

  @Get(':id/cohorts')
  @ApiOperation({ summary: 'Follow contacts by the week in which they entered, or first converted', description: '`from` and `to` choose the cohorts; default: as many weeks as each is followed.' })
  @ApiOkResponse({ type: CohortsDto })
  @ApiProblems(404, 422, 503)
  async getCohorts(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: CohortsQuery, @ClientGone() gone: AbortSignal): Promise<CohortsDto> {
    return await this.insights.cohorts(caller.tenantId, id, query, this.clock.now(), gone);
  }

  @Get(':id/rfm')
  @ApiOperation({ summary: 'Read recency, frequency and monetary value of a segment\'s customers', description: 'Of `converted` events and their revenue, with tenths of the customers by value.' })
  @ApiOkResponse({ type: RfmDto })
  @ApiProblems(404, 503)
  async getRfm(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @ClientGone() gone: AbortSignal): Promise<RfmDto> {
    return await this.insights.rfm(caller.tenantId, id, this.clock.now(), gone);
  }

  @Get(':id/profile')
  @ApiOperation({
    summary: 'Read which values are over- and under-represented in a segment',
    description: 'Each value of each field, and some behaviours, against all contacts: lift with its interval, and p-values corrected for how many were looked at. Of each field the 200 most common values; lead scores by tens, numbers and dates of custom fields between the quartiles of all contacts. Of more than 100,000 contacts a sample: see `sampled`.',
  })
  @ApiOkResponse({ type: ProfileDto })
  @ApiProblems(404, 503)
  async getProfile(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @ClientGone() gone: AbortSignal): Promise<ProfileDto> {
    return await this.insights.profile(caller.tenantId, id, this.clock.now(), gone);
  }
}

async function answer<Body>(body: Body, draw: (body: Body) => Promise<string>, accept: string | undefined, reply: FastifyReply): Promise<Body | string> {
  if (accept === undefined || !accept.toLowerCase().includes(svg) || /application\/json/i.test(accept)) return body;
  void reply.header('content-type', svg);
  return await draw(body);
}
