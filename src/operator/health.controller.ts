import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database, sql } from '#database';
import { Problem } from '#kernel';
import { ApiProblems } from '../http/index.js';
import { Allow } from '../tenancy/index.js';
import { HealthDto } from './dto.js';

@ApiTags('Health')
@Allow('public')
@Controller('health')
export class HealthController {
  constructor(private readonly database: Database) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ type: HealthDto })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether requests can be served: the database answers' })
  @ApiOkResponse({ type: HealthDto })
  @ApiProblems(503)
  async ready(): Promise<HealthDto> {
    try {
      await this.database.outsideTenants(sql`select 1`);
    } catch (cause) {
      throw Object.assign(new Problem('unavailable', 503, 'Unavailable', 'The database does not answer.', [], {}, 5), { cause });
    }
    return { status: 'ok' };
  }
}
