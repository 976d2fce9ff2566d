import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { type Caller, CurrentCaller, PathId } from '../tenancy/index.js';
import { RefreshDto, RequestRefreshDto } from './dto/refresh.dto.js';
import { RefreshService } from './refresh.service.js';

@ApiTags('Refreshes')
@Controller('api/v1')
export class RefreshesController {
  constructor(
    private readonly refreshes: RefreshService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('segments/:id/refresh')
  @ApiOperation({
    summary: 'Refresh a segment',
    description: 'Covers every write that was answered before. 202 with the refresh as it stands, or 200 if it ended within `waitSeconds`. One that is queued already is returned.',
  })
  @ApiAcceptedResponse({ type: RefreshDto })
  @ApiOkResponse({ type: RefreshDto })
  @ApiProblems(400, 404, 409, 422)
  async requestRefresh(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: RequestRefreshDto, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RefreshDto> {
    const refresh = await this.refreshes.request(caller.tenantId, id, body.mode ?? 'auto', body.waitSeconds ?? 0, this.clock.now());
    void reply.status(refresh.status === 'queued' || refresh.status === 'running' ? 202 : 200);
    return refresh;
  }

  @Get('segments/:id/refreshes')
  @ApiOperation({ summary: 'List the refreshes of a segment, newest first' })
  @ApiPage(RefreshDto)
  @ApiProblems(400, 404, 422)
  async listRefreshes(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<RefreshDto>> {
    return await this.refreshes.list(caller.tenantId, id, query);
  }

  @Get('refreshes/:id')
  @ApiOperation({ summary: 'Read a refresh' })
  @ApiOkResponse({ type: RefreshDto })
  @ApiProblems(404)
  async getRefresh(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<RefreshDto> {
    return await this.refreshes.get(caller.tenantId, id);
  }

  @Post('refreshes/:id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a refresh', description: 'What a running one did is rolled back. The segment still owes a refresh.' })
  @ApiOkResponse({ type: RefreshDto })
  @ApiProblems(404, 409)
  async cancelRefresh(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<RefreshDto> {
    return await this.refreshes.cancel(caller.tenantId, id, this.clock.now());
  }
}
