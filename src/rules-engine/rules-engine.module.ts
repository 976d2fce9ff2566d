import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { RulesController } from './rules.controller.js';
import { RulesEngineService } from './rules-engine.service.js';

@Module({
  imports: [ContactsModule],
  controllers: [RulesController],
  providers: [RulesEngineService],
  exports: [RulesEngineService],
})
export class RulesEngineModule {}
