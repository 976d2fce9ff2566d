import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, nameOf, type Once, OnceKey, PathId } from '../tenancy/index.js';
import { CreateExportDto, ExportDto } from './dto/stored-export.dto.js';
import { exportedMembers, sendFile } from './exports.controller.js';
import { ExportBell } from './jobs/export-bell.js';
import { StoredExportsService } from './stored-exports.service.js';

@ApiTags('Exports')
@Controller('api/v1/exports')
export class StoredExportsController {
  constructor(
    private readonly exports: StoredExportsService,
    private readonly bell: ExportBell,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOnce()
  @ApiOperation({ summary: 'Export in the background', description: 'For what is large, or is fetched later: the file is made by a job and kept for a week. Erasing a person takes all files of the tenant away.' })
  @ApiAcceptedResponse({ type: ExportDto })
  @ApiProblems(404, 409, 410, 422)
  async createExport(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: CreateExportDto): Promise<ExportDto> {
    const made = await this.exports.create(caller.tenantId, body, nameOf(caller), once, this.clock.now());
    this.bell.ring(caller.tenantId, made.id);
    return made;
  }

  @Get()
  @ApiOperation({ summary: 'List exports' })
  @ApiPage(ExportDto)
  @ApiProblems(400, 422)
  async listExports(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<ExportDto>> {
    return await this.exports.list(caller.tenantId, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an export' })
  @ApiOkResponse({ type: ExportDto })
  @ApiProblems(404)
  async getExport(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ExportDto> {
    return await this.exports.find(caller.tenantId, id);
  }

  @Get(':id/file')
  @ApiOperation({ summary: 'Fetch the file of an export', description: 'Of members of a dynamic segment, the headers `Segment-As-Of` and `Segment-Pending-Since` say what `asOf` and `pendingSince` of the export do.' })
  @exportedMembers
  @ApiProblems(404, 409, 410)
  async getExportFile(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.exports.file(caller.tenantId, id);
    void reply.header('content-length', file.bytes);
    sendFile(reply, file, file.name);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop an export' })
  @ApiOkResponse({ type: ExportDto })
  @ApiProblems(404, 409)
  async cancelExport(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ExportDto> {
    return await this.exports.cancel(caller.tenantId, id, this.clock.now());
  }
}
