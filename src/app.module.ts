import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Database } from '#database';
import type { Clock } from '#kernel';
import { AnalyticsModule } from './analytics/index.js';
import { CampaignsModule } from './campaigns/index.js';
import type { Config } from './config.js';
import { ContactsModule } from './contacts/index.js';
import { ExperimentsModule } from './experiments/index.js';
import { FilesModule } from './files/index.js';
import { CLOCK, CONFIG } from './http/index.js';
import { InsightsModule } from './insights/index.js';
import { OperatorModule } from './operator/index.js';
import { Queue, QueuesModule } from './queues/index.js';
import { RulesEngineModule } from './rules-engine/index.js';
import { SegmentsModule } from './segments/index.js';
import { TemplatesModule } from './templates/index.js';
import { TenancyModule } from './tenancy/index.js';

/** What the process was given at its start, for every module. */
@Global()
@Module({})
class RuntimeModule {}

export interface Runtime {
  config: Config;
  clock: Clock;
  database: Database;
  queue: Queue;
}

/** The monolith: every module, in their one order. */
@Module({})
export class AppModule {
  static with(runtime: Runtime): DynamicModule {
    return {
      module: AppModule,
      imports: [
        {
          module: RuntimeModule,
          providers: [
            { provide: CONFIG, useValue: runtime.config },
            { provide: CLOCK, useValue: runtime.clock },
            { provide: Database, useValue: runtime.database },
            { provide: Queue, useValue: runtime.queue },
          ],
          exports: [CONFIG, CLOCK, Database, Queue],
        },
        TenancyModule, QueuesModule, ContactsModule, RulesEngineModule, SegmentsModule, FilesModule, InsightsModule, AnalyticsModule, CampaignsModule,
        TemplatesModule, ExperimentsModule, OperatorModule,
      ],
    };
  }
}
