import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { parseInstant } from '#kernel';
import { Allow, ApiPage, ApiProblems, ClientGone, CLOCK, type Clock, LargeBody, type Page } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, type Once, OnceKey, PathId } from '../tenancy/index.js';
import { AudienceService } from './audience.service.js';
import { bothTimes, localTimeImpossible } from './campaigns.problems.js';
import { AudienceDto, AudiencePreviewDto, AudiencePreviewQueryDto } from './dto/audience.dto.js';
import { CampaignDto } from './dto/campaign.dto.js';
import { LaunchDto, RecipientDto, RecipientsQuery } from './dto/launch.dto.js';
import { CampaignReportDto } from './dto/report.dto.js';
import { LaunchService, toTheSecond } from './launch.service.js';
import { RecipientsService } from './recipients.service.js';
import { ReportService } from './report.service.js';

@ApiTags('Campaigns')
@Controller('api/v1/campaigns')
export class LaunchController {
  constructor(
    private readonly audiences: AudienceService,
    private readonly launches: LaunchService,
    private readonly recipients: RecipientsService,
    private readonly reports: ReportService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Put(':id/audience')
  @LargeBody()
  @ApiOperation({ summary: 'Say whom a campaign is for', description: 'Replaces what was said before. The segments that it uses can be neither deleted nor archived until the campaign is launched, cancelled or archived.' })
  @ApiOkResponse({ type: CampaignDto })
  @ApiProblems(400, 404, 409, 422)
  async setAudience(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: AudienceDto): Promise<CampaignDto> {
    return CampaignDto.of(await this.audiences.set(caller.tenantId, id, body, this.clock.now()));
  }

  @Post(':id/audience/preview')
  @Allow('viewer')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Preview the audience',
    description: 'Nothing is stored. Segments are evaluated by their rules at this moment. Exclusions come first, then suppressed segments, subscription statuses, the suppression list, the frequency cap, the cap, and the holdouts of what is left.',
  })
  @ApiOkResponse({ type: AudiencePreviewDto })
  @ApiProblems(400, 404, 409, 422, 503)
  async previewAudience(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: AudiencePreviewQueryDto, @ClientGone() gone: AbortSignal,
  ): Promise<AudiencePreviewDto> {
    return await this.audiences.preview(caller.tenantId, id, body.sampleLimit ?? 10, this.clock.now(), gone);
  }

  @Post(':id/launch')
  @ApiOnce()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Launch a campaign, or schedule its launch',
    description: 'Its segments are refreshed, and the recipients are frozen in one statement. Launched again it answers the same and changes nothing.',
  })
  @ApiOkResponse({ type: CampaignDto })
  @ApiProblems(400, 404, 409, 410, 422, 503)
  async launchCampaign(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @OnceKey() once: Once, @Body() body: LaunchDto): Promise<CampaignDto> {
    const { expect, at, localTime } = body;
    if (at !== undefined && localTime !== undefined) throw bothTimes();
    if (localTime !== undefined && parseInstant(`${toTheSecond(localTime)}Z`) === null) throw localTimeImpossible();
    return CampaignDto.of(await this.launches.launch(caller.tenantId, id, {
      ...(expect === undefined ? {} : { expect: { final: expect.final, tolerancePercent: expect.tolerancePercent ?? 0 } }),
      ...(at === undefined ? {} : { at: new Date(at) }), ...(localTime === undefined ? {} : { local: localTime }),
    }, this.clock.now(), once));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a draft or a scheduled launch', description: 'For good. A launched campaign is out and is refused.' })
  @ApiOkResponse({ type: CampaignDto })
  @ApiProblems(404, 409)
  async cancelCampaign(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<CampaignDto> {
    return CampaignDto.of(await this.launches.cancel(caller.tenantId, id, this.clock.now()));
  }

  @Post(':id/archive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Archive a campaign', description: 'Its recipients and its report stay. Refused while it waits for its launch.' })
  @ApiOkResponse({ type: CampaignDto })
  @ApiProblems(404, 409)
  async archiveCampaign(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<CampaignDto> {
    return CampaignDto.of(await this.launches.archive(caller.tenantId, id, this.clock.now()));
  }

  @Get(':id/recipients')
  @ApiOperation({ summary: 'List the frozen recipients', description: 'In the order of the contact\'s id; those held out as well, marked as such.' })
  @ApiPage(RecipientDto)
  @ApiProblems(400, 404, 422)
  async listRecipients(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: RecipientsQuery): Promise<Page<RecipientDto>> {
    return await this.recipients.list(caller.tenantId, id, query);
  }

  @Get(':id/report')
  @ApiOperation({ summary: 'Report what came of a campaign', description: 'From the events up to now that carry its id or external id; and how recipients did beside those held out.' })
  @ApiOkResponse({ type: CampaignReportDto })
  @ApiProblems(404, 503)
  async reportCampaign(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @ClientGone() gone: AbortSignal): Promise<CampaignReportDto> {
    return await this.reports.report(caller.tenantId, id, this.clock.now(), gone);
  }
}
