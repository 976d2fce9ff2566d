import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, ApiPage, ApiProblems, CLOCK, type Clock, ndjsonTypes, type Page, PageQuery, xlsxType } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, nameOf, type Once, OnceKey, PathId } from '../tenancy/index.js';
import { contentTypes } from './export-formats.js';
import { ImportDto, ImportErrorDto, ImportErrorsQuery, ImportQuery, KeptContactDto } from './dto/import.dto.js';
import { readOptions } from './import-options.js';
import { ImportsService } from './imports.service.js';
import { ImportBell } from './jobs/import-bell.js';
import { OpenWorkbooks } from './open-workbooks.js';
import { ReceiveService } from './receive.service.js';
import { fileOf } from './sent-file.js';

@ApiTags('Imports')
@ApiExtraModels(ImportErrorDto)
@Controller('api/v1/imports')
export class ImportsController {
  constructor(
    private readonly receiving: ReceiveService,
    private readonly imports: ImportsService,
    private readonly workbooks: OpenWorkbooks,
    private readonly bell: ImportBell,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(202)
  @RouteConfig({ takesFiles: true })
  @ApiOnce()
  @ApiOperation({
    summary: 'Import contacts or events from a file',
    description: 'CSV or XLSX (with a header) or NDJSON, as the body itself or as the one file of a form; streamed, of any length, but for a workbook: its first sheet is read, of a file of at most 256 MiB. It is stored, and applied in the background. A file that cannot be read is refused as a whole; rows at fault are set aside.',
  })
  @ApiConsumes('text/csv', ...ndjsonTypes, xlsxType, 'multipart/form-data')
  @ApiBody({ schema: { type: 'string', example: 'email,firstName\r\nada@example.com,Ada\r\n' } })
  @ApiAcceptedResponse({ type: ImportDto })
  @ApiProblems(400, 409, 410, 413, 422, 503)
  async createImport(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Query() query: ImportQuery, @Req() request: FastifyRequest): Promise<ImportDto> {
    const options = readOptions(query);
    const { file, format } = await fileOf(request);
    const id = await this.workbooks.within(caller.tenantId, format, file,
      async () => await this.receiving.receive(caller.tenantId, file, format, options, nameOf(caller), once, this.clock.now()));
    this.bell.ring(caller.tenantId, id);
    return await this.imports.find(caller.tenantId, id);
  }

  @Get()
  @ApiOperation({ summary: 'List imports' })
  @ApiPage(ImportDto)
  @ApiProblems(400, 422)
  async listImports(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<ImportDto>> {
    return await this.imports.list(caller.tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an import', description: 'With its progress.' })
  @ApiOkResponse({ type: ImportDto })
  @ApiProblems(404)
  async getImport(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ImportDto> {
    return await this.imports.find(caller.tenantId, id);
  }

  @Get(':id/errors')
  @ApiOperation({ summary: 'List the rows at fault', description: 'With line, column, value and reason; `format=csv` (of an import of NDJSON `ndjson`) is the file of them, up to 100,000, to be mended and sent again.' })
  @ApiPage(ImportErrorDto)
  @ApiProblems(400, 404, 422)
  async listImportErrors(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: ImportErrorsQuery, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<ImportErrorDto> | string> {
    const { format = 'json' } = query;
    if (format === 'json') return await this.imports.errors(caller.tenantId, id, query);
    const text = await this.imports.errorFile(caller.tenantId, id, format);
    void reply.header('content-type', contentTypes[format]).header('content-disposition', `attachment; filename="errors.${format}"`);
    return text;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop an import', description: 'What was applied stays; a rollback takes it back.' })
  @ApiOkResponse({ type: ImportDto })
  @ApiProblems(404, 409)
  async cancelImport(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ImportDto> {
    return await this.imports.cancel(caller.tenantId, id, this.clock.now());
  }

  @Post(':id/rollback')
  @HttpCode(202)
  @Allow('admin')
  @ApiOperation({
    summary: 'Take an import back',
    description: 'In the background, wholly or not at all: contacts that it made are removed, those that it changed are put back. Events that it made go as if they had never been, their ids are free again, and the statuses that they raised are put back. Who was changed otherwise since, or has events or was sent a campaign, stays: `GET /imports/{id}/kept`.',
  })
  @ApiAcceptedResponse({ type: ImportDto })
  @ApiProblems(404, 409)
  async rollBackImport(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ImportDto> {
    const shown = await this.imports.rollBack(caller.tenantId, id);
    this.bell.ring(caller.tenantId, id);
    return shown;
  }

  @Get(':id/kept')
  @ApiOperation({ summary: 'List the contacts that a rollback left as they are' })
  @ApiPage(KeptContactDto)
  @ApiProblems(400, 404, 422)
  async listKeptContacts(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<KeptContactDto>> {
    return await this.imports.kept(caller.tenantId, id, query);
  }
}
