import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ManualClock, notFound } from '#kernel';
import { Allow, ApiProblems, CLOCK, type Clock } from '../http/index.js';
import { NoOnceKey, PathId, TenantsService } from '../tenancy/index.js';
import { ClockDto, CreatedTenantDto, CreateTenantDto, SetClockDto, TenantDto, UpdateTenantDto } from './dto.js';
import { TenantRemoval } from './tenant-removal.service.js';

/** The operator's endpoints: they take `ADMIN_API_KEY`, and do not exist without it. */
@ApiTags('Operator')
@Allow('operator')
@Controller('api/v1/admin')
export class AdminController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly removal: TenantRemoval,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('tenants')
  @ApiOperation({ summary: 'Make a tenant', description: 'The answer holds an admin key of it, shown this once.' })
  @ApiCreatedResponse({ type: CreatedTenantDto })
  @ApiProblems(400, 404, 422)
  async createTenant(@NoOnceKey() _once: null, @Body() body: CreateTenantDto): Promise<CreatedTenantDto> {
    return await this.tenants.create(body.name, this.clock.now());
  }

  @Get('tenants/:id')
  @ApiOperation({ summary: 'Read a tenant' })
  @ApiOkResponse({ type: TenantDto })
  @ApiProblems(404)
  async getTenant(@Param('id', PathId) id: string): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.find(id));
  }

  @Patch('tenants/:id')
  @ApiOperation({
    summary: 'Change a tenant',
    description: 'Its name, and how long the database may take for one answer to it: less for one whose questions weigh on the others, more for a large one. It holds from the next question on.',
  })
  @ApiOkResponse({ type: TenantDto })
  @ApiProblems(400, 404, 422)
  async updateTenant(@Param('id', PathId) id: string, @Body() body: UpdateTenantDto): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.update(id, body));
  }

  @Delete('tenants/:id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a tenant',
    description: 'With everything of it, for good. Its keys are refused at once; the answer comes when nothing is left, of a large tenant after minutes. Who did not wait for it asks again: 404 where it is gone. What is interrupted goes on by itself.',
  })
  @ApiNoContentResponse()
  @ApiProblems(404)
  async removeTenant(@Param('id', PathId) id: string): Promise<void> {
    await this.removal.remove(id);
  }

  @Put('clock')
  @ApiOperation({ summary: 'Set the clock', description: 'Only where the process was started with CLOCK=manual.' })
  @ApiOkResponse({ type: ClockDto })
  @ApiProblems(400, 404, 422)
  setClock(@Body() body: SetClockDto): ClockDto {
    this.manual().set(body.now === null ? null : new Date(body.now));
    return this.getClock();
  }

  @Get('clock')
  @ApiOperation({ summary: 'Read the clock', description: 'Only where the process was started with CLOCK=manual.' })
  @ApiOkResponse({ type: ClockDto })
  @ApiProblems(404)
  getClock(): ClockDto {
    const clock = this.manual();
    return { now: clock.now().toISOString(), set: clock.setting !== null };
  }

  private manual(): ManualClock {
    if (!(this.clock instanceof ManualClock)) throw notFound('endpoint', '/api/v1/admin/clock');
    return this.clock;
  }
}
