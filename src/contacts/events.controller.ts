import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { instantOf } from '#database';
import { ApiPage, ApiProblems, CLOCK, type Clock, LargeBody, type Page, PageQuery, rowsOfBatch } from '../http/index.js';
import { type Caller, CurrentCaller, CursorsService, type PageRequest, PathId } from '../tenancy/index.js';
import { EventDto, EventsAcceptedDto, eventsBatchSchema } from './events.dto.js';
import { EventsService } from './events.service.js';
import type { EventPosition } from './sql/events-of-contact.sql.js';

@ApiTags('Events')
@Controller('api/v1')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('events/batch')
  @LargeBody()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send events',
    description: 'Up to 10,000. The first valid row with an id wins; the same id again is a duplicate and changes nothing. Events may come late, in any order, and before their time. `unsubscribed`, hard `bounced` and `complained` raise the contact\'s subscription status. `accepted` + `duplicates` + the rows in `failed` are all rows.',
  })
  @ApiBody({ schema: eventsBatchSchema as object })
  @ApiOkResponse({ type: EventsAcceptedDto })
  @ApiProblems(400, 413, 422)
  async appendEvents(@CurrentCaller() caller: Caller, @Body() body: object): Promise<EventsAcceptedDto> {
    return await this.events.append(caller.tenantId, rowsOfBatch(body, 'events'), this.clock.now());
  }

  @Delete('events/:id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Take back an event',
    description: 'By the sender\'s id, percent-encoded. The id stays used up; a subscription status that the event raised stays as it is.',
  })
  @ApiNoContentResponse()
  @ApiProblems(404)
  async takeBackEvent(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.events.takeBack(caller.tenantId, id, this.clock.now());
  }

  @Get('contacts/:id/events')
  @ApiOperation({ summary: 'List a contact\'s events', description: 'The latest `occurredAt` first, of the same instant the greater `id`.' })
  @ApiPage(EventDto)
  @ApiProblems(400, 404, 422)
  async listContactEvents(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<EventDto>> {
    return await this.cursors.page(caller.tenantId, ['contact-events', id], query,
      async ({ limit, after }: PageRequest<EventPosition>) => await this.events.ofContact(caller.tenantId, id, limit, after),
      (event): EventPosition => [instantOf(event.occurred_at).toISOString(), event.id], (event) => EventDto.of(event));
  }
}
