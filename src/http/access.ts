import { RequestMethod, SetMetadata, type Type as Class } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import type { Role } from '#database';

const ACCESS = 'access';
export type Access = Role | 'public' | 'operator';

/** Who may use a route. Without it: `viewer` for GET, `editor` for every other method. */
export const Allow = (access: Access): MethodDecorator & ClassDecorator => SetMetadata(ACCESS, access);

/** What `Allow` says of a handler, or of its controller, or what holds where neither says. */
export function accessOf(handler: object, controller: object, method: string): Access {
  const said = [handler, controller].map((one) => Reflect.getMetadata(ACCESS, one) as Access | undefined).find((one) => one !== undefined);
  return said ?? (method === 'GET' || method === 'HEAD' ? 'viewer' : 'editor');
}

/** A route as its controller declares it. */
export interface GuardedRoute {
  /** The name of the method, which is the operationId. */
  readonly operation: string;
  readonly method: string;
  /** With `:placeholders`, as the router has it. */
  readonly url: string;
  readonly access: Access;
}

/** Every route of every controller, with who may use it. */
export function guardedRoutes(modules: ModulesContainer): GuardedRoute[] {
  return [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]).flatMap(({ metatype }) => routesOf(metatype as Class));
}

function routesOf(controller: Class): GuardedRoute[] {
  const above = pathOf(controller) ?? '';
  return Object.entries(Object.getOwnPropertyDescriptors(controller.prototype as object)).flatMap(([operation, { value }]) => {
    const path = typeof value === 'function' ? pathOf(value as object) : undefined;
    if (path === undefined) return [];
    const handler = value as object;
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    const url = `/${[above, path].map((part) => part.replaceAll(/^\/|\/$/g, '')).filter((part) => part !== '').join('/')}`;
    return [{ operation, method, url, access: accessOf(handler, controller, method) }];
  });
}

function pathOf(of: object): string | undefined {
  return Reflect.getMetadata(PATH_METADATA, of) as string | undefined;
}
