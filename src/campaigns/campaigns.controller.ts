import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, CursorsService, type Once, OnceKey, type PageRequest, PathId } from '../tenancy/index.js';
import { CampaignDto, CreateCampaignDto, UpdateCampaignDto } from './dto/campaign.dto.js';
import { CampaignsService } from './campaigns.service.js';

@ApiTags('Campaigns')
@Controller('api/v1/campaigns')
export class CampaignsController {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOnce()
  @ApiOperation({ summary: 'Create a campaign', description: 'A draft. Events carry its id or its external id as `campaignId`; where both match, the id wins.' })
  @ApiCreatedResponse({ type: CampaignDto })
  @ApiProblems(400, 409, 410, 422)
  async createCampaign(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: CreateCampaignDto): Promise<CampaignDto> {
    return CampaignDto.of(await this.campaigns.create(caller.tenantId, body.name, body.externalId ?? null, once, this.clock.now()));
  }

  @Get()
  @ApiOperation({ summary: 'List the campaigns' })
  @ApiPage(CampaignDto)
  @ApiProblems(400, 422)
  async listCampaigns(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<CampaignDto>> {
    return await this.cursors.page(caller.tenantId, ['campaigns'], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.campaigns.list(caller.tenantId, limit, after?.[0] ?? null),
      (campaign): [string] => [campaign.id], (campaign) => CampaignDto.of(campaign));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a campaign' })
  @ApiOkResponse({ type: CampaignDto })
  @ApiProblems(404)
  async getCampaign(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<CampaignDto> {
    return CampaignDto.of(await this.campaigns.get(caller.tenantId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a campaign', description: 'A property left out stays; `externalId: null` clears it. Rules on `campaign.name` see the new name.' })
  @ApiOkResponse({ type: CampaignDto })
  @ApiProblems(400, 404, 409, 422)
  async updateCampaign(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: UpdateCampaignDto): Promise<CampaignDto> {
    return CampaignDto.of(await this.campaigns.update(caller.tenantId, id, body, this.clock.now()));
  }
}
