export { FilesModule } from './files.module.js';
export { ApplyService } from './apply.service.js';
export { RollbackService } from './rollback.service.js';
