import { Body, Controller, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiPage, ApiProblems, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, CursorsService, type Once, OnceKey, type PageRequest, PathId } from '../tenancy/index.js';
import { AnalyticsSettingsDto, RequestRollupDto, RollupDto } from './dto/rollups.dto.js';
import { RollupsService } from './rollups.service.js';

@ApiTags('Analytics')
@Controller('api/v1')
export class RollupsController {
  constructor(
    private readonly rollups: RollupsService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('rollups')
  @Allow('admin')
  @ApiOnce()
  @ApiOperation({ summary: 'Roll days up, whether they have been or not', description: 'In the background. Answers are right without it; they are faster with it.' })
  @ApiCreatedResponse({ type: RollupDto })
  @ApiProblems(400, 409, 410, 422)
  async createRollup(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: RequestRollupDto): Promise<RollupDto> {
    return await this.rollups.request(caller.tenantId, body.from, body.to, once, this.clock.now());
  }

  @Get('rollups')
  @ApiOperation({ summary: 'List the rollups that were asked for' })
  @ApiPage(RollupDto)
  @ApiProblems(400, 422)
  async listRollups(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<RollupDto>> {
    return await this.cursors.page(caller.tenantId, ['rollups'], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.rollups.list(caller.tenantId, limit, after?.[0] ?? null),
      ({ id }): [string] => [id], (rollup) => rollup);
  }

  @Get('rollups/:id')
  @ApiOperation({ summary: 'Read a rollup' })
  @ApiOkResponse({ type: RollupDto })
  @ApiProblems(404)
  async getRollup(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<RollupDto> {
    return await this.rollups.get(caller.tenantId, id);
  }

  @Get('analytics/settings')
  @ApiOperation({ summary: 'Read by which days the figures go' })
  @ApiOkResponse({ type: AnalyticsSettingsDto })
  async getAnalyticsSettings(@CurrentCaller() caller: Caller): Promise<AnalyticsSettingsDto> {
    return await this.rollups.settings(caller.tenantId, this.clock.now());
  }

  @Put('analytics/settings')
  @Allow('admin')
  @ApiOperation({ summary: 'Set by which days the figures go', description: 'What was rolled up by other days goes; the next night rolls up anew, and until then answers come from the events.' })
  @ApiOkResponse({ type: AnalyticsSettingsDto })
  @ApiProblems(400, 422)
  async setAnalyticsSettings(@CurrentCaller() caller: Caller, @Body() body: AnalyticsSettingsDto): Promise<AnalyticsSettingsDto> {
    return await this.rollups.set(caller.tenantId, body, this.clock.now());
  }
}
