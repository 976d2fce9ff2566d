import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, ApiPage, ApiProblems, ClientGone, CLOCK, type Clock, LargeBody, type Page } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, CursorsService, nameOf, type Once, OnceKey, type PageRequest, PathId } from '../tenancy/index.js';
import { readContactsBatch } from './contact-batch-body.js';
import { ContactBatchesService } from './contact-batches.service.js';
import { ContactsService, type FoundContact } from './contacts.service.js';
import { ContactsBatchOutcomeDto } from './dto/batch-outcome.dto.js';
import { ContactsBatchDto, CreateContactDto, UpdateContactDto } from './dto/contact-input.dto.js';
import { ContactDto, ContactsQuery } from './dto/contact.dto.js';
import { DuplicatesDto, DuplicatesQuery } from './dto/duplicates.dto.js';
import { MergeContactDto } from './dto/merge.dto.js';
import { DuplicatesService } from './duplicates.service.js';
import { MergeService } from './merge.service.js';

const show = ({ record, fields }: FoundContact): ContactDto => ContactDto.of(record, fields);

@ApiTags('Contacts')
@Controller('api/v1/contacts')
export class ContactsController {
  constructor(
    private readonly contacts: ContactsService,
    private readonly batches: ContactBatchesService,
    private readonly merges: MergeService,
    private readonly duplicates: DuplicatesService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @LargeBody()
  @ApiOnce()
  @ApiOperation({ summary: 'Add a contact' })
  @ApiBody({ type: CreateContactDto })
  @ApiCreatedResponse({ type: ContactDto })
  @ApiProblems(400, 409, 410, 422)
  async createContact(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: object): Promise<ContactDto> {
    return show(await this.contacts.create(caller.tenantId, body, once, this.clock.now()));
  }

  @Post('batch')
  @LargeBody()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Add and update many contacts',
    description: 'Matched by address without regard to letter case, applied in their order, up to 10,000. Good rows are stored; each bad row comes back with its faults.',
  })
  @ApiBody({ type: ContactsBatchDto })
  @ApiOkResponse({ type: ContactsBatchOutcomeDto })
  @ApiProblems(400, 413, 422)
  async createContactsBatch(@CurrentCaller() caller: Caller, @Body() body: object): Promise<ContactsBatchOutcomeDto> {
    const { contacts, onDuplicate } = readContactsBatch(body);
    return await this.batches.apply(caller.tenantId, contacts, onDuplicate, this.clock.now());
  }

  @Get()
  @ApiOperation({ summary: 'List contacts' })
  @ApiPage(ContactDto)
  @ApiProblems(400, 422)
  async listContacts(@CurrentCaller() caller: Caller, @Query() query: ContactsQuery): Promise<Page<ContactDto>> {
    return await this.cursors.page(caller.tenantId, ['contacts', query.email ?? null], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.contacts.list(caller.tenantId, query.email, limit, after?.[0] ?? null),
      ({ record }): [string] => [record.id], show);
  }

  @Get('duplicates')
  @ApiOperation({
    summary: 'Find likely duplicates',
    description: 'Groups of contacts that have a key in common, in no order of meaning. Which are one person is for you to say, by merging them. All contacts are read.',
  })
  @ApiPage(DuplicatesDto)
  @ApiProblems(400, 422, 503)
  async listDuplicates(@CurrentCaller() caller: Caller, @Query() query: DuplicatesQuery, @ClientGone() gone: AbortSignal): Promise<Page<DuplicatesDto>> {
    return await this.duplicates.find(caller.tenantId, query, gone);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a contact' })
  @ApiOkResponse({ type: ContactDto })
  @ApiProblems(404)
  async getContact(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ContactDto> {
    return show(await this.contacts.find(caller.tenantId, id));
  }

  @Patch(':id')
  @LargeBody()
  @ApiOperation({
    summary: 'Change a contact',
    description: 'What is left out stays, null clears, `tags` replaces, `addTags` and `removeTags` amend, `customFields` merges by key.',
  })
  @ApiBody({ type: UpdateContactDto })
  @ApiOkResponse({ type: ContactDto })
  @ApiProblems(400, 404, 409, 422)
  async updateContact(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: object): Promise<ContactDto> {
    return show(await this.contacts.update(caller.tenantId, id, body, this.clock.now()));
  }

  @Post(':id/merge')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Merge another contact into this one',
    description: 'Its id, address and properties stay; what it has not set it takes from the other, whose events, lists and overrides move. The other is gone; its history of memberships is closed and can still be read under its id.',
  })
  @ApiOkResponse({ type: ContactDto })
  @ApiProblems(400, 404, 422)
  async mergeContact(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: MergeContactDto): Promise<ContactDto> {
    return show(await this.merges.merge(caller.tenantId, id, body, nameOf(caller), this.clock.now()));
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('admin')
  @ApiOperation({
    summary: 'Erase a person',
    description: 'The contact, its events, memberships and history. The ids of its events stay used up, as hashes; how many members a segment lost a day is kept.',
  })
  @ApiNoContentResponse()
  @ApiProblems(404)
  async eraseContact(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<void> {
    await this.contacts.erase(caller.tenantId, id, this.clock.now());
  }
}
