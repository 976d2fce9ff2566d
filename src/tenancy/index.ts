export { type Caller, CurrentCaller, nameOf } from './caller.js';
export { CursorsService, type PageRequest } from './cursors.service.js';
export { ApiOnce, NoOnceKey, type Once, OnceKey, onlyOnce } from './idempotency.js';
export { PathId } from './path-id.js';
export { objectErased } from './tenancy.problems.js';
export { TenancyModule } from './tenancy.module.js';
export { TenantsService } from './tenants.service.js';
