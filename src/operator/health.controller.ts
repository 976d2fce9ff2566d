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
  @ApiOperation({ summary: 'Whether requests can be served', description: 'The schema is that of this version (a start migrates before it listens), the process is not stopping, and the database answers within 3 seconds and takes writes. `queue` says whether jobs can be rung for: without it requests are served as ever, and what they owe is done once it is back.' })
  @ApiOkResponse({ type: ReadinessDto })
  @ApiProblems(503)
  async ready(): Promise<ReadinessDto> {
    if (!this.queue.isStarted) throw unavailable('The queue is not started.');
    const queue = this.queue.isUp(queueMs);
    if (!await this.takesWrites()) throw unavailable('The database takes no writes: it is a standby, or was set to be read only.');
    return { status: 'ok', queue: await queue ? 'up' : 'down' };
  }

  private async takesWrites(): Promise<boolean> {
    try {
      const asked = this.database.outsideTenants<{ read_only: string }>(sql`select current_setting('transaction_read_only') as read_only`);
      const [found] = await inTime(asked, answerMs, () => new Error('no answer in time'));
      return found?.read_only === 'off';
    } catch (cause) {
      throw Object.assign(unavailable('The database does not answer.'), { cause });
    }
  }
}
