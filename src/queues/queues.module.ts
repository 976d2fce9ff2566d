import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Wake } from './wake.js';

/** The bell and the schedules. The queue itself is given to the process at its start. */
@Global()
@Module({
  imports: [ScheduleModule.forRoot()],
  providers: [Wake],
  exports: [Wake],
})
export class QueuesModule {}
