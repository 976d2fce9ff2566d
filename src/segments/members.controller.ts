import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems, CLOCK, type Clock, LargeBody, type Page, PageQuery } from '../http/index.js';
import { type Caller, CurrentCaller, nameOf, PathId } from '../tenancy/index.js';
import {
  ContactMembershipChangeDto, ContactSegmentDto, ContactsNamedDto, MemberDto, MembersAddedDto, MembershipChangeDto, MembersQuery,
  MembersRemovedDto, OverridesChangedDto, OverridesDto,
} from './dto/members.dto.js';
import { standingHeaders } from './dto/standing.dto.js';
import { MembershipService } from './membership.service.js';
import { OverridesService } from './overrides.service.js';
import { tellStanding } from './standing.js';
import { StaticMembersService } from './static-members.service.js';

@ApiTags('Segments')
@Controller('api/v1')
export class MembersController {
  constructor(
    private readonly membership: MembershipService,
    private readonly staticMembers: StaticMembersService,
    private readonly overrides: OverridesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('segments/:id/contacts')
  @ApiOperation({ summary: 'List the members', description: 'The present ones, or with `asOf` those of a past moment that are still there. Of a dynamic segment the header `Segment-As-Of` tells the moment that they are right for, and `Segment-Pending-Since` since when a change waits to be applied.' })
  @ApiPage(MemberDto, standingHeaders)
  @ApiProblems(400, 404, 422)
  async listMembers(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: MembersQuery, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<MemberDto>> {
    const { page, standing } = await this.membership.list(caller.tenantId, id, query, this.clock.now());
    tellStanding(reply, standing);
    return page;
  }

  @Post('segments/:id/contacts')
  @LargeBody()
  @HttpCode(200)
  @ApiOperation({ summary: 'Add contacts to a static segment', description: 'Contacts that are not known come back in `failed`; the others are added.' })
  @ApiOkResponse({ type: MembersAddedDto })
  @ApiProblems(400, 404, 409, 422)
  async addMembers(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: ContactsNamedDto): Promise<MembersAddedDto> {
    return await this.staticMembers.add(caller.tenantId, id, body, nameOf(caller), this.clock.now());
  }

  @Delete('segments/:id/contacts')
  @LargeBody()
  @HttpCode(200)
  @ApiOperation({ summary: 'Take contacts off a static segment', description: 'Contacts that are not known come back in `failed`.' })
  @ApiOkResponse({ type: MembersRemovedDto })
  @ApiProblems(400, 404, 409, 422)
  async removeMembers(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: ContactsNamedDto): Promise<MembersRemovedDto> {
    return await this.staticMembers.remove(caller.tenantId, id, body, nameOf(caller), this.clock.now());
  }

  @Put('segments/:id/overrides')
  @LargeBody()
  @ApiOperation({ summary: 'Pin contacts in or out of a dynamic segment', description: 'At once, whatever the rules say; `pin: null` unpins. Those not named stay.' })
  @ApiOkResponse({ type: OverridesChangedDto })
  @ApiProblems(400, 404, 409, 422)
  async setOverrides(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Body() body: OverridesDto): Promise<OverridesChangedDto> {
    return { changed: await this.overrides.set(caller.tenantId, id, body.overrides, nameOf(caller), this.clock.now()) };
  }

  @Get('segments/:id/history')
  @ApiOperation({ summary: 'Who entered and left, newest first', description: 'In the order of writing; replayed from the start it gives the members.' })
  @ApiPage(MembershipChangeDto)
  @ApiProblems(400, 404, 422)
  async listMembershipChanges(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery): Promise<Page<MembershipChangeDto>> {
    return await this.membership.history(caller.tenantId, id, query);
  }

  @Get('contacts/:id/segments')
  @ApiTags('Contacts')
  @ApiOperation({ summary: 'List the segments that a contact is in', description: 'Each with the moment that it is right for. The header `Segment-Pending-Since` tells since when a change waits that some segment does not show: one that the contact is to enter is not listed yet.' })
  @ApiPage(ContactSegmentDto, { 'Segment-Pending-Since': standingHeaders['Segment-Pending-Since'] })
  @ApiProblems(400, 404, 422)
  async listSegmentsOfContact(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<ContactSegmentDto>> {
    const { page, pendingSince } = await this.membership.ofContact(caller.tenantId, id, query);
    tellStanding(reply, { asOf: null, pendingSince });
    return page;
  }

  @Get('contacts/:id/segment-history')
  @ApiTags('Contacts')
  @ApiOperation({ summary: 'Which segments a contact entered and left, newest first' })
  @ApiPage(ContactMembershipChangeDto)
  @ApiProblems(400, 404, 422)
  async listSegmentHistoryOfContact(
    @CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @Query() query: PageQuery,
  ): Promise<Page<ContactMembershipChangeDto>> {
    return await this.membership.historyOfContact(caller.tenantId, id, query);
  }
}
