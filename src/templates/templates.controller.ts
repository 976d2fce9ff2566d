import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { templates } from '#rules';
import { ApiProblems, CLOCK, type Clock } from '../http/index.js';
import { SegmentDto } from '../segments/index.js';
import { ApiOnce, type Caller, CurrentCaller, nameOf, type Once, OnceKey } from '../tenancy/index.js';
import { InstantiateTemplateDto, SegmentTemplatesDto } from './dto.js';
import { TemplatesService } from './templates.service.js';

@ApiTags('Segment templates')
@Controller('api/v1/segment-templates')
export class TemplatesController {
  constructor(
    private readonly service: TemplatesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the templates', description: 'The guide\'s 26 segments, with what each requires.' })
  @ApiOkResponse({ type: SegmentTemplatesDto })
  listSegmentTemplates(): SegmentTemplatesDto {
    return { items: templates.map((one) => structuredClone(one) as unknown as SegmentTemplatesDto['items'][number]) };
  }

  @Post(':key/instantiate')
  @ApiOnce()
  @ApiParam({ name: 'key', example: 'highly-engaged' })
  @ApiOperation({
    summary: 'Make a segment of a template',
    description: 'Segments and campaigns are found by their names unless `params` gives ids. What is missing is a 422, or is made with `createMissing: true`.',
  })
  @ApiCreatedResponse({ type: SegmentDto })
  @ApiProblems(400, 404, 409, 410, 422)
  async instantiateSegmentTemplate(
    @CurrentCaller() caller: Caller, @OnceKey() once: Once, @Param('key') key: string, @Body() body: InstantiateTemplateDto,
  ): Promise<SegmentDto> {
    return await this.service.instantiate(caller.tenantId, key, body, nameOf(caller), this.clock.now(), once);
  }
}
