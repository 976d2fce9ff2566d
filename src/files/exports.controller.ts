import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems, ClientGone, CLOCK, type Clock } from '../http/index.js';
import { standingHeaders, tellStanding } from '../segments/index.js';
import { type Caller, CurrentCaller, PathId } from '../tenancy/index.js';
import { ExportQuery } from './dto/export.dto.js';
import { contentTypes } from './export-formats.js';
import { type Exported, type ExportedFile, ExportService } from './export.service.js';

const fileAnswer = {
  description: 'The file, streamed.',
  content: {
    'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } }, [contentTypes.xlsx]: { schema: { type: 'string', format: 'binary' } },
  },
};
/** How an operation that answers a file is documented. */
const exportedFile = ApiOkResponse(fileAnswer);
/** The same where the file may be of the members of a segment. */
export const exportedMembers = ApiOkResponse({ ...fileAnswer, headers: standingHeaders });
const words = 'All rows are of one moment. In a CSV an apostrophe stands before what a spreadsheet would run as a formula; an import takes it off again. In a workbook texts are texts, never formulas, exactly as they are; days are cells of days, and instants texts in UTC, since a cell knows no time zone.';

@Controller('api/v1')
export class ExportsController {
  constructor(
    private readonly exports: ExportService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('segments/:id/export')
  @ApiTags('Segments')
  @ApiOperation({ summary: 'Export the members', description: `${words} Of a dynamic segment the headers \`Segment-As-Of\` and \`Segment-Pending-Since\` tell the moment that they are right for, and since when a change waits to be applied.` })
  @exportedMembers
  @ApiProblems(404, 422, 503)
  async exportMembers(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: ExportQuery, @ClientGone() gone: AbortSignal, @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send(reply, caller, { what: 'members', segmentId: id }, query, gone);
  }

  @Get('contacts/export')
  @ApiTags('Contacts')
  @ApiOperation({ summary: 'Export all contacts', description: words })
  @exportedFile
  @ApiProblems(422, 503)
  async exportContacts(@CurrentCaller() caller: Caller, @Query() query: ExportQuery, @ClientGone() gone: AbortSignal, @Res() reply: FastifyReply): Promise<void> {
    await this.send(reply, caller, { what: 'contacts' }, query, gone);
  }

  @Get('events/export')
  @ApiTags('Events')
  @ApiOperation({ summary: 'Export all events', description: words })
  @exportedFile
  @ApiProblems(422, 503)
  async exportEvents(@CurrentCaller() caller: Caller, @Query() query: ExportQuery, @ClientGone() gone: AbortSignal, @Res() reply: FastifyReply): Promise<void> {
    await this.send(reply, caller, { what: 'events' }, query, gone);
  }

  private async send(reply: FastifyReply, { tenantId }: Caller, exported: Exported, query: ExportQuery, gone: AbortSignal): Promise<void> {
    const file = await this.exports.open(tenantId, exported, query, this.clock.now(), { use: 'export', signal: gone });
    sendFile(reply, file, `${exported.what}.${query.format ?? 'csv'}`);
  }
}

export function sendFile(reply: FastifyReply, { contentType, stream, standing }: ExportedFile, name: string): void {
  // Where the client left before the first byte, nobody else tells the stream.
  const left = (): void => { stream.destroy(); };
  if (reply.raw.destroyed) left();
  reply.raw.once('close', left);
  tellStanding(reply, standing);
  void reply.header('content-type', contentType).header('content-disposition', `attachment; filename="${name}"`).send(stream);
}
