import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database } from '#database';
import { catalog } from '#rules';
import { Allow, ApiProblems, LargeBody } from '../http/index.js';
import { type Caller, CurrentCaller } from '../tenancy/index.js';
import { ValidateRulesDto, ValidRulesDto } from './dto.js';
import { RulesEngineService } from './rules-engine.service.js';

@ApiTags('Rules')
@Controller('api/v1/rules')
export class RulesController {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
  ) {}

  @Get('catalog')
  @ApiOperation({
    summary: 'All that a rule may hold',
    description: 'Fields (the tenant\'s own too), events, event properties, operators with the shapes of their values, and the JSON Schema of a definition.',
  })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: true } })
  async getRulesCatalog(@CurrentCaller() caller: Caller): Promise<object> {
    return catalog(await this.database.inTenant(caller.tenantId, async (tx) => await this.engine.vocabulary(tx)));
  }

  @Post('validate')
  @LargeBody()
  @Allow('viewer')
  @HttpCode(200)
  @ApiOperation({ summary: 'Check rules', description: 'Nothing is stored. Bad rules are answered with every fault at once.' })
  @ApiOkResponse({ type: ValidRulesDto })
  @ApiProblems(400, 422)
  async validateRules(@CurrentCaller() caller: Caller, @Body() body: ValidateRulesDto): Promise<ValidRulesDto> {
    const checked = await this.database.inTenant(caller.tenantId, async (tx) => await this.engine.check(tx, body.rules));
    return {
      valid: true, description: checked.description, usesSegments: [...checked.dependencies.segments],
      timeDependent: checked.timeDependent,
    };
  }
}
