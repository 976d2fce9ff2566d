import { Controller, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems, ClientGone, CLOCK, type Clock, ndjsonTypes, xlsxType } from '../http/index.js';
import { type Caller, CurrentCaller } from '../tenancy/index.js';
import { ImportPreviewDto, ImportPreviewQuery } from './dto/import-preview.dto.js';
import { readOptions } from './import-options.js';
import { OpenWorkbooks } from './open-workbooks.js';
import { ImportPreviewService } from './preview/preview.service.js';
import { fileOf } from './sent-file.js';

@ApiTags('Imports')
@Controller('api/v1/imports')
export class ImportPreviewsController {
  constructor(
    private readonly previews: ImportPreviewService,
    private readonly workbooks: OpenWorkbooks,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('preview')
  @HttpCode(200)
  @RouteConfig({ takesFiles: true })
  @ApiOperation({
    summary: 'Preview an import',
    description: 'Looks at the beginning of the file, sent as to `POST /imports`, and stores nothing: how it is written, what each column is probably for, what the first rows would become, and what would be at fault. Send `encoding`, `delimiter`, `header` and `mapping` of the answer back as the query of `POST /imports`. What is said in the query here is not looked for.',
  })
  @ApiConsumes('text/csv', ...ndjsonTypes, xlsxType, 'multipart/form-data')
  @ApiBody({ schema: { type: 'string', example: 'email,firstName\r\nada@example.com,Ada\r\n' } })
  @ApiOkResponse({ type: ImportPreviewDto })
  @ApiProblems(400, 413, 422, 503)
  async previewImport(@CurrentCaller() caller: Caller, @Query() query: ImportPreviewQuery, @ClientGone() gone: AbortSignal, @Req() request: FastifyRequest): Promise<ImportPreviewDto> {
    const options = readOptions(query);
    const { file, format } = await fileOf(request);
    return await this.workbooks.within(caller.tenantId, format, file, async () => await this.previews.preview(caller.tenantId, file, format, {
      ...options, encoding: query.encoding === undefined ? null : options.encoding, delimiter: query.delimiter === undefined ? null : options.delimiter,
      header: query.header === undefined ? null : options.header,
    }, this.clock.now(), gone));
  }
}
