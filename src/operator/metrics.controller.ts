import { Controller, Get, Header, Logger } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { inTime } from '#kernel';
import { Allow, figures } from '../http/index.js';
import { Backlog } from './backlog.js';
import { JobFigures } from './job-figures.js';
import { KeptConnections } from './kept-connections.js';

/** Scrapers give up after 10 seconds as a rule, and then have nothing: what the process knows by itself comes in any case. */
const answerMs = 2000;

@ApiTags('Health')
@Allow('public')
@Controller('metrics')
export class MetricsController {
  readonly #log = new Logger('Metrics');

  constructor(
    private readonly backlog: Backlog,
    private readonly connections: KeptConnections,
    private readonly jobs: JobFigures,
  ) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Metrics in Prometheus\' text format', description: 'What this process has done, and how far the segments of all tenants are behind; the latter is missing where the database does not answer within 2 seconds.' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async metrics(): Promise<string> {
    return (await Promise.all([figures.metrics(), this.jobs.registry.metrics(), this.connections.registry.metrics(), this.backlogInTime()])).join('\n');
  }

  private async backlogInTime(): Promise<string> {
    try {
      return await inTime(this.backlog.metrics(), answerMs, () => Object.assign(new Error('no answer in time'), { name: 'NoAnswerInTime' }));
    } catch (error) {
      this.#log.warn({ msg: 'the backlog cannot be read', error: error instanceof Error ? error.name : typeof error });
      return '';
    }
  }
}
