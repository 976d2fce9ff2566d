import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { AuthGuard } from './auth.guard.js';
import { BeforeTheBody } from './before-the-body.js';
import { CursorsService } from './cursors.service.js';
import { RateLimits } from './rate-limits.js';
import { TenantsService } from './tenants.service.js';
import { TokensService } from './tokens.service.js';

@Global()
@Module({
  controllers: [ApiKeysController],
  providers: [ApiKeysService, CursorsService, TenantsService, TokensService, RateLimits, AuthGuard, BeforeTheBody, { provide: APP_GUARD, useExisting: AuthGuard }],
  exports: [CursorsService, TenantsService],
})
export class TenancyModule {}
