import { Controller, Get, Header, Logger } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Allow, figures } from '../http/index.js';
import { Backlog } from './backlog.js';
import { KeptConnections } from './kept-connections.js';

@ApiTags('Health')
@Allow('public')
@Controller('metrics')
export class MetricsController {
  readonly #log = new Logger('Metrics');

  constructor(
    private readonly backlog: Backlog,
    private readonly connections: KeptConnections,
  ) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Metrics in Prometheus\' text format', description: 'What this process has done, and how far the segments of all tenants are behind.' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async metrics(): Promise<string> {
    const own = `${await figures.metrics()}\n${await this.connections.registry.metrics()}`;
    try {
      return `${own}\n${await this.backlog.metrics()}`;
    } catch (error) {
      // The database is away: what the process knows by itself is wanted all the more.
      this.#log.warn({ msg: 'the backlog cannot be read', error: error instanceof Error ? error.name : typeof error });
      return own;
    }
  }
}
