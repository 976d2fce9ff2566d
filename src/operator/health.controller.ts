import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database, sql } from '#database';
import { unavailable } from '#kernel';
import { Allow, ApiProblems } from '../http/index.js';
import { Queue } from '../queues/index.js';
import { HealthDto } from './dto.js';

/** Whoever asks gives up after some seconds as well. */
const answerMs = 3000;

@ApiTags('Health')
@Allow('public')
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ type: HealthDto })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether requests can be served', description: 'The schema is that of this version (a start migrates before it listens), the database answers within 3 seconds, and jobs can be rung for.' })
  @ApiOkResponse({ type: HealthDto })
  @ApiProblems(503)
  async ready(): Promise<HealthDto> {
    if (!this.queue.isStarted) throw unavailable('The queue is not started.');
    try {
      await inTime(this.database.outsideTenants(sql`select 1`));
    } catch (cause) {
      throw Object.assign(unavailable('The database does not answer.'), { cause });
    }
    return { status: 'ok' };
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => { reject(new Error('no answer in time')); }, answerMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
