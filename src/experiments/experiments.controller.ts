import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type InputFault, invalid } from '#kernel';
import { Allow, ApiPage, ApiProblems, ClientGone, CLOCK, type Clock, type Page, PageQuery } from '../http/index.js';
import { ApiOnce, type Caller, CurrentCaller, CursorsService, type Once, OnceKey, type PageRequest, PathId } from '../tenancy/index.js';
import { CreateExperimentDto, ExperimentDto } from './dto/experiment.dto.js';
import { ExperimentResultsDto } from './dto/results.dto.js';
import { SampleSizeDto, SampleSizeQueryDto } from './dto/sample-size.dto.js';
import { ExperimentsService } from './experiments.service.js';
import { contactsPerArm } from './plan.js';
import { judgeFigures } from './read-plan.js';
import { ResultsService } from './results.service.js';

@ApiTags('Experiments')
@Controller('api/v1/experiments')
export class ExperimentsController {
  constructor(
    private readonly experiments: ExperimentsService,
    private readonly outcome: ResultsService,
    private readonly cursors: CursorsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @ApiOnce()
  @ApiOperation({ summary: 'Plan an experiment', description: 'A draft: nobody is in an arm yet, and the plan does not change any more.' })
  @ApiCreatedResponse({ type: ExperimentDto })
  @ApiProblems(400, 409, 410, 422)
  async createExperiment(@CurrentCaller() caller: Caller, @OnceKey() once: Once, @Body() body: CreateExperimentDto): Promise<ExperimentDto> {
    return ExperimentDto.of(await this.experiments.create(caller.tenantId, body, once, this.clock.now()));
  }

  @Get()
  @ApiOperation({ summary: 'List the experiments' })
  @ApiPage(ExperimentDto)
  @ApiProblems(400, 422)
  async listExperiments(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<ExperimentDto>> {
    return await this.cursors.page(caller.tenantId, ['experiments'], query,
      async ({ limit, after }: PageRequest<[string]>) => await this.experiments.list(caller.tenantId, limit, after?.[0] ?? null),
      (experiment): [string] => [experiment.id], (experiment) => ExperimentDto.of(experiment));
  }

  @Post('sample-size')
  @Allow('viewer')
  @HttpCode(200)
  @ApiOperation({ summary: 'Compute how many contacts an experiment needs', description: 'Nothing is stored.' })
  @ApiOkResponse({ type: SampleSizeDto })
  @ApiProblems(400, 422)
  computeSampleSize(@Body() body: SampleSizeQueryDto): SampleSizeDto {
    const standardDeviation = body.standardDeviation ?? null;
    const faults: InputFault[] = [];
    judgeFigures({ ...body, isMean: standardDeviation !== null }, (path, code, message) => { faults.push({ path, code, message }); });
    if (faults.length > 0) throw invalid(faults);
    const arms = body.arms ?? 2;
    const perArm = contactsPerArm({ ...body, standardDeviation, power: body.power ?? 0.8, alpha: body.alpha ?? 0.05, comparisons: arms - 1 });
    return {
      perArm, total: perArm * arms,
      method: standardDeviation === null ? 'two proportions, normal approximation (Fleiss, Levin and Paik 2003, 4.14)' : 'two means, normal approximation with an addition for the t-test (Guenther 1981)',
    };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an experiment' })
  @ApiOkResponse({ type: ExperimentDto })
  @ApiProblems(404)
  async getExperiment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ExperimentDto> {
    return ExperimentDto.of(await this.experiments.get(caller.tenantId, id));
  }

  @Post(':id/start')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Start an experiment',
    description: 'Its segments are refreshed, and each contact is put into its arm, for good, in one statement. Events count from now on. Started again it answers the same and changes nothing.',
  })
  @ApiOkResponse({ type: ExperimentDto })
  @ApiProblems(404, 409, 503)
  async startExperiment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ExperimentDto> {
    return ExperimentDto.of(await this.experiments.start(caller.tenantId, id, this.clock.now()));
  }

  @Post(':id/stop')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop an experiment', description: 'For good: later events do not count. Stopped again it answers the same. A draft is given up.' })
  @ApiOkResponse({ type: ExperimentDto })
  @ApiProblems(404)
  async stopExperiment(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string): Promise<ExperimentDto> {
    return ExperimentDto.of(await this.experiments.stop(caller.tenantId, id, this.clock.now()));
  }

  @Get(':id/results')
  @ApiOperation({
    summary: 'Compare the arms',
    description: 'By contact, from the events since the start: effects with intervals and p-values, corrected for several metrics and arms; a sequential test that stands looking often; alarms; and what may be said by now.',
  })
  @ApiOkResponse({ type: ExperimentResultsDto })
  @ApiProblems(404, 503)
  async getExperimentResults(@CurrentCaller() caller: Caller, @Param('id', PathId) id: string, @ClientGone() gone: AbortSignal): Promise<ExperimentResultsDto> {
    return await this.outcome.results(caller.tenantId, id, this.clock.now(), gone);
  }
}
