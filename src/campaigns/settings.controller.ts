import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, CLOCK, type Clock, LargeBody, type Page } from '../http/index.js';
import { type Caller, CurrentCaller, nameOf, PathId } from '../tenancy/index.js';
import {
  CampaignSettingsDto, SuppressionDto, SuppressionsDto, SuppressionsOutcomeDto, SuppressionsQuery,
} from './dto/settings.dto.js';
import { CampaignSettingsService } from './settings.service.js';
import { SuppressionsService } from './suppressions.service.js';

@ApiTags('Campaigns')
@Controller('api/v1')
export class CampaignSettingsController {
  constructor(
    private readonly settings: CampaignSettingsService,
    private readonly suppressions: SuppressionsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('campaign-settings')
  @ApiOperation({ summary: 'Read what holds for every campaign' })
  @ApiOkResponse({ type: CampaignSettingsDto })
  async getCampaignSettings(@CurrentCaller() caller: Caller): Promise<CampaignSettingsDto> {
    return shown(await this.settings.get(caller.tenantId));
  }

  @Put('campaign-settings')
  @ApiOperation({ summary: 'Set what holds for every campaign', description: 'The holdout of the tenant, by a hash of the contact\'s id: who is in it at 2 % is in it at 5 %. Segments that are marked here can be neither deleted nor archived.' })
  @ApiOkResponse({ type: CampaignSettingsDto })
  @ApiProblems(400, 422)
  async setCampaignSettings(@CurrentCaller() caller: Caller, @Body() body: CampaignSettingsDto): Promise<CampaignSettingsDto> {
    return shown(await this.settings.set(caller.tenantId, body, this.clock.now()));
  }

  @Post('suppressions/batch')
  @LargeBody()
  @HttpCode(200)
  @ApiOperation({ summary: 'Suppress addresses and domains', description: 'Up to 10,000. They are sent no campaign, whether or not there is such a contact. Good rows are stored; each bad row comes back with its faults.' })
  @ApiBody({ type: SuppressionsDto })
  @ApiOkResponse({ type: SuppressionsOutcomeDto })
  @ApiProblems(400, 413, 422)
  async addSuppressions(@CurrentCaller() caller: Caller, @Body() body: object): Promise<SuppressionsOutcomeDto> {
    return await this.suppressions.add(caller.tenantId, body, nameOf(caller), this.clock.now());
  }

  @Get('suppressions')
  @ApiOperation({ summary: 'List suppressed addresses and domains' })
  @ApiPage(SuppressionDto)
  @ApiProblems(400, 422)
  async listSuppressions(@CurrentCaller() caller: Caller, @Query() query: SuppressionsQuery): Promise<Page<SuppressionDto>> {
    return await this.suppressions.list(caller.tenantId, query);
  }

  @Delete('suppressions/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take an address or a domain off the list' })
  @ApiNoContentResponse()
  @ApiProblems(404)
  async removeSuppression(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<void> {
    await this.suppressions.remove(caller.tenantId, id);
  }
}

function shown({ holdoutPercent, suppressedSegmentIds }: { holdoutPercent: number; suppressedSegmentIds: readonly string[] }): CampaignSettingsDto {
  return { holdoutPercent, suppressedSegmentIds: [...suppressedSegmentIds] };
}
