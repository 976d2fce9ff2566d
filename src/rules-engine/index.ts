export { exampleRules, rulesSchema } from './dto.js';
export { RulesEngineModule } from './rules-engine.module.js';
export { type CheckedRule, type KnownMoment, type ReadyRule, RulesEngineService } from './rules-engine.service.js';
