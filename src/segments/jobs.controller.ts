import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database } from '#database';
import { notFound } from '#kernel';
import { ApiPage, ApiProblems, type Page } from '../http/index.js';
import { type Caller, CurrentCaller, CursorsService, type PageRequest, PathId } from '../tenancy/index.js';
import { JobDto, type JobRow, JobsQuery } from './dto/job.dto.js';
import { type JobsFilter, readJobs } from './sql/read-jobs.sql.js';

/** What the tenant's background work is at, as its rows tell it; the queue itself is only the bell. */
@ApiTags('Jobs')
@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the jobs', description: 'Refreshes and imports, in the order of their ids, which is that of their making.' })
  @ApiPage(JobDto)
  @ApiProblems(400, 422)
  async listJobs(@CurrentCaller() caller: Caller, @Query() query: JobsQuery): Promise<Page<JobDto>> {
    const { status } = query;
    return await this.cursors.page(caller.tenantId, ['jobs', status ?? null], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.read(caller.tenantId, status === undefined ? {} : { status }, limit, after?.[0] ?? null),
      (row): [string] => [row.id], (row) => JobDto.of(row));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a job' })
  @ApiOkResponse({ type: JobDto })
  @ApiProblems(404)
  async getJob(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<JobDto> {
    const [row] = await this.read(caller.tenantId, { id }, 1, null);
    if (row === undefined) throw notFound('job', id);
    return JobDto.of(row);
  }

  private async read(tenantId: string, filter: JobsFilter, limit: number, after: string | null): Promise<JobRow[]> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.rows<JobRow>(readJobs(tenantId, filter, { limit, after })));
  }
}
