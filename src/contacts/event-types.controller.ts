import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiPage, ApiProblems, CLOCK, type Clock, LargeBody, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, CursorsService, type Once, OnceKey, type PageRequest, PathId } from '../tenancy/index.js';
import { CreateEventTypeDto, EventTypeDto, UpdateEventTypeDto } from './event-types.dto.js';
import { EventTypesService } from './event-types.service.js';

@ApiTags('Event types')
@Controller('api/v1/event-types')
export class EventTypesController {
  constructor(
    private readonly types: EventTypesService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @LargeBody()
  @Allow('admin')
  @ApiOnce()
  @ApiOperation({ summary: 'Define an event type', description: 'Beside the nine that are built in. Events and rules name it by its key.' })
  @ApiCreatedResponse({ type: EventTypeDto })
  @ApiProblems(400, 409, 410, 422)
  async createEventType(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: CreateEventTypeDto): Promise<EventTypeDto> {
    return EventTypeDto.of(await this.types.create(caller.tenantId, body, once, this.clock.now()));
  }

  @Get()
  @ApiOperation({ summary: 'List the tenant\'s own event types' })
  @ApiPage(EventTypeDto)
  @ApiProblems(400, 422)
  async listEventTypes(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<EventTypeDto>> {
    return await this.cursors.page(caller.tenantId, ['event-types'], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.types.list(caller.tenantId, limit, after?.[0] ?? null),
      (type): [string] => [type.id], (type) => EventTypeDto.of(type));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an event type' })
  @ApiOkResponse({ type: EventTypeDto })
  @ApiProblems(404)
  async getEventType(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<EventTypeDto> {
    return EventTypeDto.of(await this.types.get(caller.tenantId, id));
  }

  @Patch(':id')
  @LargeBody()
  @Allow('admin')
  @ApiOperation({ summary: 'Change an event type', description: 'Its label and declared properties; never its key.' })
  @ApiOkResponse({ type: EventTypeDto })
  @ApiProblems(400, 404, 422)
  async updateEventType(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: UpdateEventTypeDto): Promise<EventTypeDto> {
    return EventTypeDto.of(await this.types.update(caller.tenantId, id, body, this.clock.now()));
  }

  @Delete(':id')
  @Allow('admin')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete an event type',
    description: 'Refused while a segment\'s rules name it: `dependents` lists those. Its events stay with the contacts; a new type of the same key never counts them.',
  })
  @ApiNoContentResponse()
  @ApiProblems(404, 409)
  async deleteEventType(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<void> {
    await this.types.delete(caller.tenantId, id);
  }
}
