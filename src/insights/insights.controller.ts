import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiProblems, ClientGone, CLOCK, type Clock, LargeBody } from '../http/index.js';
import { type Caller, CurrentCaller, PathId } from '../tenancy/index.js';
import { BacktestDto, BacktestResultDto } from './dto/backtest.dto.js';
import { ForecastDto, ForecastQuery } from './dto/forecast.dto.js';
import { HygieneDto } from './dto/hygiene.dto.js';
import { OverlapDto, OverlapQuery } from './dto/overlap.dto.js';
import { ForecastService } from './forecast.service.js';
import { HygieneService } from './hygiene.service.js';
import { OverlapService } from './overlap.service.js';

@ApiTags('Segments')
@Controller('api/v1/segments')
export class InsightsController {
  constructor(
    private readonly forecasts: ForecastService,
    private readonly overlaps: OverlapService,
    private readonly hygiene: HygieneService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('backtest')
  @LargeBody()
  @Allow('viewer')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try rules on the past',
    description: 'Size, entries and exits at each step, as if the rules had been there: with the events of then and the fields of now. At most 400 moments.',
  })
  @ApiOkResponse({ type: BacktestResultDto })
  @ApiProblems(400, 422, 503)
  async backtestRules(@CurrentCaller() caller: Caller, @Body() body: BacktestDto, @ClientGone() gone: AbortSignal): Promise<BacktestResultDto> {
    return await this.forecasts.backtest(caller.tenantId, body, gone);
  }

  @Get('overlap')
  @ApiOperation({ summary: 'Compare segments', description: 'How far their members are the same: sizes, pairs and, of up to five, the exact regions.' })
  @ApiOkResponse({ type: OverlapDto })
  @ApiProblems(404, 422, 503)
  async overlapSegments(@CurrentCaller() caller: Caller, @Query() query: OverlapQuery, @ClientGone() gone: AbortSignal): Promise<OverlapDto> {
    return await this.overlaps.overlap(caller.tenantId, query.ids, gone);
  }

  @Get('hygiene')
  @ApiOperation({
    summary: 'Find what to tidy up',
    description: 'Segments that are unused, empty, failing, declining, hold everybody, contradict themselves or are nearly the same; archived ones are left out.',
  })
  @ApiOkResponse({ type: HygieneDto })
  @ApiProblems(503)
  async checkSegmentHygiene(@CurrentCaller() caller: Caller, @ClientGone() gone: AbortSignal): Promise<HygieneDto> {
    return await this.hygiene.report(caller.tenantId, this.clock.now(), gone);
  }

  @Get(':id/forecast')
  @ApiOperation({
    summary: 'Forecast the size',
    description: 'On each coming day, at this time of day, if nothing but time changes: overrides end, windows move on, days come near.',
  })
  @ApiOkResponse({ type: ForecastDto })
  @ApiProblems(404, 422, 503)
  async forecastSegment(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: ForecastQuery, @ClientGone() gone: AbortSignal,
  ): Promise<ForecastDto> {
    return await this.forecasts.forecast(caller.tenantId, id, query.days ?? 30, this.clock.now(), gone);
  }
}
