export { ExperimentsModule } from './experiments.module.js';
export { ExperimentsService } from './experiments.service.js';
export { ResultsService } from './results.service.js';
