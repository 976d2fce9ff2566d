import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { invalid, type InputFault, pointerTo } from '#kernel';
import { harmlessCopy } from './harmless-copy.js';

/** Validates bodies and queries by their decorators; unknown properties are rejected, and all faults come at once. */
export class InputPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true, whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, validateCustomDecorators: false,
      exceptionFactory: (errors) => invalid(errors.flatMap((error) => faultsOf(error, ''))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body') {
      if (metadata.type === 'query' && typeof value === 'object' && value !== null) refusePrototypeKeys(value);
      return super.transform(value, metadata) as Promise<unknown>;
    }
    const sent = objectOf(value);
    if (metadata.metatype === undefined || metadata.metatype === Object) return sent;
    refusePrototypeKeys(sent);
    return super.transform(harmlessCopy(sent), metadata) as Promise<unknown>;
  }
}

/** No body at all is an empty one: what it lacks is told by name, and where it lacks nothing it will do. */
export function objectOf(body: unknown): object {
  const sent = body ?? {};
  if (typeof sent !== 'object' || Array.isArray(sent)) throw invalid([{ path: '', code: 'shape_invalid', message: 'The body is a JSON object.' }]);
  return sent;
}

/** Refuses properties that nobody reads. */
export function refuseProperties(names: readonly string[]): void {
  if (names.length > 0) throw invalid(names.map((name) => ({ path: pointerTo('', name), code: 'unknown_property', message: `There is no property ${JSON.stringify(name.slice(0, 80))}.` })));
}

/** The library would leave these members of a DTO out in silence; what a DTO keeps as it was sent is judged further in. */
function refusePrototypeKeys(body: object): void {
  refuseProperties(['__proto__', 'constructor'].filter((key) => Object.hasOwn(body, key)));
}

function faultsOf(error: ValidationError, parent: string): InputFault[] {
  const path = pointerTo(parent, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
    path, code: codeOf(constraint, error.value), message: `${message}.`,
  }));
  // Of a value that is missing, one word is enough.
  const said = error.value === undefined ? own.slice(0, 1) : own;
  return [...said, ...(error.children ?? []).flatMap((child) => faultsOf(child, path))];
}

function codeOf(constraint: string, value: unknown): string {
  if (constraint === 'whitelistValidation') return 'unknown_property';
  return value === undefined ? 'value_missing' : 'value_invalid';
}
