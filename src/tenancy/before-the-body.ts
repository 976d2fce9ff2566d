import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { guardedRoutes } from '../http/index.js';
import { AuthGuard } from './auth.guard.js';
import type { CallerRequest } from './caller.js';

/** Has the guard judge who sends a request before its body is read: Nest asks it only after, and a stranger's 32 MiB would be kept and parsed until then. */
@Injectable()
export class BeforeTheBody implements OnModuleInit {
  constructor(
    private readonly guard: AuthGuard,
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
  ) {}

  onModuleInit(): void {
    // In another program's process there may be no HTTP.
    const fastify = (this.host as Partial<HttpAdapterHost>).httpAdapter?.getInstance<Partial<FastifyInstance> | undefined>();
    const routes = new Map(guardedRoutes(this.modules).map(({ method, url, access }) => [`${method} ${url}`, access]));
    fastify?.addHook?.('onRequest', async (request: CallerRequest) => {
      const access = routes.get(`${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url}`);
      if (access !== undefined) await this.guard.admit(request, access);
    });
  }
}
