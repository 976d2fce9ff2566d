import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiPage, ApiProblems, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { ApiKeysService } from './api-keys.service.js';
import { type Caller, CurrentCaller } from './caller.js';
import { CursorsService, type PageRequest } from './cursors.service.js';
import { ApiKeyDto, CreateApiKeyDto, CreatedApiKeyDto, RotateApiKeyDto } from './dto.js';
import { NoOnceKey } from './idempotency.js';
import { PathId } from './path-id.js';

/** A day, in which whoever uses the old key is given the new one. */
const usualGraceSeconds = 86_400;

@ApiTags('API keys')
@Allow('admin')
@Controller('api/v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make an API key', description: 'The key itself is in this answer only; stored is its hash.' })
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  @ApiProblems(400, 422)
  async createApiKey(@CurrentCaller() caller: Caller, @NoOnceKey() _once: null, @Body() body: CreateApiKeyDto): Promise<CreatedApiKeyDto> {
    const expiresAt = body.expiresAt === undefined || body.expiresAt === null ? null : new Date(body.expiresAt);
    const { key, apiKey } = await this.keys.create(caller.tenantId, body.name, body.role, expiresAt, this.clock.now());
    return { ...ApiKeyDto.of(key), apiKey };
  }

  @Post(':id/rotate')
  @ApiOperation({
    summary: 'Rotate an API key',
    description: 'Makes a key with the same name, role and expiry, shown in this answer only. The old one is taken until the grace is over, or it expires by itself.',
  })
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  @ApiProblems(400, 404, 409, 422)
  async rotateApiKey(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @NoOnceKey() _once: null, @Body() body: RotateApiKeyDto,
  ): Promise<CreatedApiKeyDto> {
    const { key, apiKey } = await this.keys.rotate(caller.tenantId, id, body.graceSeconds ?? usualGraceSeconds, this.clock.now());
    return { ...ApiKeyDto.of(key), apiKey };
  }

  @Get()
  @ApiOperation({ summary: 'List the API keys' })
  @ApiPage(ApiKeyDto)
  @ApiProblems(400, 422)
  async listApiKeys(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<ApiKeyDto>> {
    return await this.cursors.page(caller.tenantId, ['api-keys'], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.keys.list(caller.tenantId, limit, after?.[0] ?? null),
      (key): [string] => [key.id], (key) => ApiKeyDto.of(key));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key', description: 'From the next request on it is refused.' })
  @ApiNoContentResponse()
  @ApiProblems(404)
  async revokeApiKey(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<void> {
    await this.keys.revoke(caller.tenantId, id, this.clock.now());
  }
}
