import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { RulesEngineModule } from '../rules-engine/index.js';
import { DefinitionsController } from './definitions/definitions.controller.js';
import { DefinitionsService } from './definitions/definitions.service.js';
import { MovesService } from './definitions/moves.service.js';
import { JobsController } from './jobs.controller.js';
import { AbandonedSweep } from './jobs/abandoned.sweep.js';
import { RefreshProcessor } from './jobs/refresh.processor.js';
import { RefreshScheduler } from './jobs/refresh.scheduler.js';
import { RefreshSweep } from './jobs/refresh.sweep.js';
import { FullRefresh } from './full-refresh.js';
import { IncrementalRefresh, STATEMENT_COSTS } from './incremental-refresh.js';
import { LifecycleService } from './lifecycle.service.js';
import { MembersController } from './members.controller.js';
import { MembershipService } from './membership.service.js';
import { OverridesService } from './overrides.service.js';
import { measuredCosts } from './partition.js';
import { PreviewService } from './preview.service.js';
import { RefreshCycle } from './refresh-cycle.js';
import { RefreshesController } from './refreshes.controller.js';
import { RefreshService } from './refresh.service.js';
import { SegmentsController } from './segments.controller.js';
import { SegmentsService } from './segments.service.js';
import { StaticMembersService } from './static-members.service.js';
import { VersionsController } from './versions.controller.js';
import { VersionsService } from './versions.service.js';

@Module({
  imports: [ContactsModule, RulesEngineModule],
  controllers: [SegmentsController, MembersController, RefreshesController, JobsController, VersionsController, DefinitionsController],
  providers: [
    AbandonedSweep, DefinitionsService, FullRefresh, IncrementalRefresh, LifecycleService, MembershipService, MovesService, OverridesService, PreviewService, RefreshCycle, RefreshProcessor, RefreshScheduler, RefreshService,
    { provide: STATEMENT_COSTS, useFactory: () => ({ ...measuredCosts }) }, RefreshSweep, SegmentsService, StaticMembersService, VersionsService,
  ],
  exports: [MembershipService, PreviewService, RefreshService, SegmentsService, StaticMembersService],
})
export class SegmentsModule {}
