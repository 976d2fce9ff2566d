import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiPage, ApiProblems, CLOCK, type Clock, LargeBody, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, CursorsService, type Once, OnceKey, type PageRequest, PathId } from '../tenancy/index.js';
import { CustomFieldsService } from './custom-fields.service.js';
import { CreateCustomFieldDto, CustomFieldDto, UpdateCustomFieldDto } from './dto/custom-field.dto.js';

@ApiTags('Custom fields')
@Controller('api/v1/custom-fields')
export class CustomFieldsController {
  constructor(
    private readonly fields: CustomFieldsService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @LargeBody()
  @Allow('admin')
  @ApiOnce()
  @ApiOperation({ summary: 'Define a custom field', description: 'From then on contacts may have it, and rules name it `customField.<key>`.' })
  @ApiCreatedResponse({ type: CustomFieldDto })
  @ApiProblems(400, 409, 410, 422)
  async createCustomField(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: CreateCustomFieldDto): Promise<CustomFieldDto> {
    return CustomFieldDto.of(await this.fields.create(caller.tenantId, body, once, this.clock.now()));
  }

  @Get()
  @ApiOperation({ summary: 'List the custom fields' })
  @ApiPage(CustomFieldDto)
  @ApiProblems(400, 422)
  async listCustomFields(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<CustomFieldDto>> {
    return await this.cursors.page(caller.tenantId, ['custom-fields'], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.fields.list(caller.tenantId, limit, after?.[0] ?? null),
      (field): [string] => [field.id], (field) => CustomFieldDto.of(field));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a custom field' })
  @ApiOkResponse({ type: CustomFieldDto })
  @ApiProblems(404)
  async getCustomField(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<CustomFieldDto> {
    return CustomFieldDto.of(await this.fields.get(caller.tenantId, id));
  }

  @Patch(':id')
  @LargeBody()
  @Allow('admin')
  @ApiOperation({
    summary: 'Change a custom field',
    description: 'Its label and options; never its key or type. Contacts keep a removed option, and rules that name it keep their meaning.',
  })
  @ApiOkResponse({ type: CustomFieldDto })
  @ApiProblems(400, 404, 422)
  async updateCustomField(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: UpdateCustomFieldDto): Promise<CustomFieldDto> {
    return CustomFieldDto.of(await this.fields.update(caller.tenantId, id, body, this.clock.now()));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('admin')
  @ApiOperation({
    summary: 'Delete a custom field',
    description: 'Refused with `dependents` while the rules of a segment name it. A later field of the same key never sees its values.',
  })
  @ApiNoContentResponse()
  @ApiProblems(404, 409)
  async deleteCustomField(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<void> {
    await this.fields.remove(caller.tenantId, id);
  }
}
