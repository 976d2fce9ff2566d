import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database, sql } from '#database';
import { inTime, unavailable } from '#kernel';
import { Allow, ApiProblems } from '../http/index.js';
import { Queue } from '../queues/index.js';
import { HealthDto, ReadinessDto } from './dto.js';

/** Whoever asks gives up after some seconds as well. */
const answerMs = 3000;
const queueMs = 1000;

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
  @ApiOperation({ summary: 'Whether requests can be served', description: 'The schema is that of this version (a start migrates before it listens), the process is not stopping, and the database answers within 3 seconds. `queue` says whether jobs can be rung for: without it requests are served as ever, and what they owe is done once it is back.' })
  @ApiOkResponse({ type: ReadinessDto })
  @ApiProblems(503)
  async ready(): Promise<ReadinessDto> {
    if (!this.queue.isStarted) throw unavailable('The queue is not started.');
    const queue = this.queue.isUp(queueMs);
    try {
      await inTime(this.database.outsideTenants(sql`select 1`), answerMs, () => new Error('no answer in time'));
    } catch (cause) {
      throw Object.assign(unavailable('The database does not answer.'), { cause });
    }
    return { status: 'ok', queue: await queue ? 'up' : 'down' };
  }
}
