import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min,
  MinLength, registerDecorator, ValidateIf,
} from 'class-validator';
import { isStorable, parseDay, parseInstant } from '#kernel';
import { originalOf } from './harmless-copy.js';

/** One decorator a kind of field: its validation and its OpenAPI description together. */
export interface FieldOptions {
  description: string;
  example?: unknown;
  optional?: boolean;
  /** Whether `null` may be sent, to clear it. */
  nullable?: boolean;
}

type Decorators = (ClassDecorator | MethodDecorator | PropertyDecorator)[];

function field(options: FieldOptions, schema: object, validators: Decorators): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      ...schema, description: options.description, required: options.optional !== true,
      ...(options.nullable === true ? { nullable: true } : {}),
      ...(options.example === undefined ? {} : { example: options.example }),
    }),
    ...(options.nullable === true && options.optional === true ? [IsOptional()] : presence(options)),
    ...validators,
  );
}

function presence(options: FieldOptions): PropertyDecorator[] {
  if (options.optional === true) return [ValidateIf((_object, value) => value !== undefined)];
  return options.nullable === true ? [ValidateIf((_object, value) => value !== null)] : [];
}

/** Text that PostgreSQL can store. */
export function Text(options: FieldOptions & { min?: number; max?: number; pattern?: RegExp }): PropertyDecorator {
  const { min = 1, max = 200, pattern } = options;
  return field(options, { type: 'string', minLength: min, maxLength: max, ...(pattern === undefined ? {} : { pattern: pattern.source }) }, [
    IsString(), MinLength(min), MaxLength(max), Storable(), ...(pattern === undefined ? [] : [Matches(pattern)]),
  ]);
}

export function TextList(options: FieldOptions & { max: number; maxLength?: number }): PropertyDecorator {
  const { max, maxLength = 200 } = options;
  return field(options, { type: 'array', items: { type: 'string', maxLength }, maxItems: max }, [
    IsArray(), ArrayMaxSize(max), IsString({ each: true }), MinLength(1, { each: true }), MaxLength(maxLength, { each: true }), Storable(true),
  ]);
}

export function Id(options: FieldOptions): PropertyDecorator {
  return field(options, { type: 'string', format: 'uuid' }, [IsUUID()]);
}

export function Instant(options: FieldOptions): PropertyDecorator {
  return field(options, { type: 'string', format: 'date-time' }, [InstantText()]);
}

/** A calendar day, or an instant that falls on it. */
export function Day(options: FieldOptions): PropertyDecorator {
  return field(options, { type: 'string', format: 'date' }, [DayText()]);
}

export function OneOf(words: readonly string[], options: FieldOptions): PropertyDecorator {
  return field(options, { type: 'string', enum: [...words] }, [IsIn([...words], { message: `$property is one of ${words.join(', ')}` })]);
}

export function WholeNumber(options: FieldOptions & { min: number; max: number }): PropertyDecorator {
  return field(options, { type: 'integer', minimum: options.min, maximum: options.max }, [IsInt(), Min(options.min), Max(options.max)]);
}

/** Any finite number within bounds. */
export function Decimal(options: FieldOptions & { min: number; max: number }): PropertyDecorator {
  return field(options, { type: 'number', minimum: options.min, maximum: options.max }, [IsNumber(), Min(options.min), Max(options.max)]);
}

/** A whole number in the query string: in decimal digits, nothing else that a number could be made of. */
export function WholeNumberQuery(options: FieldOptions & { min: number; max: number }): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value)),
    WholeNumber(options),
  );
}

export function Flag(options: FieldOptions): PropertyDecorator {
  return field(options, { type: 'boolean' }, [IsBoolean()]);
}

/** A JSON object whose content is judged further in (rules, custom fields). */
export function JsonObject(options: FieldOptions & { schema?: object }): PropertyDecorator {
  return field(options, options.schema ?? { type: 'object', additionalProperties: true }, [IsObject(), AsSent()]);
}

/** JSON of which further in not only the content is judged, but whether it is an object at all. */
export function JsonValue(options: FieldOptions & { schema: object }): PropertyDecorator {
  return field(options, options.schema, [IsPresent(), AsSent()]);
}

/** A list whose items are judged further in, as they were sent: `schema` says of one what it may hold. */
export function JsonList(options: FieldOptions & { schema: object; max: number }): PropertyDecorator {
  return field(options, { type: 'array', items: options.schema, maxItems: options.max }, [IsArray(), ArrayMaxSize(options.max), AsSent()]);
}

/** The very value of the body, of which the pipe hands the transformer a harmless copy. */
function AsSent(): PropertyDecorator {
  return Transform(({ obj, key }) => (originalOf(obj as object) as Record<string, unknown>)[key]);
}

function IsPresent(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isPresent', target: target.constructor, propertyName: String(property), options: { message: '$property is missing' },
      validator: { validate: (value: unknown) => value !== undefined },
    });
  };
}

function Storable(each = false): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isStorable', target: target.constructor, propertyName: String(property),
      options: { message: '$property contains U+0000 or an unpaired surrogate' },
      validator: {
        validate: (value: unknown) => (each && Array.isArray(value) ? value : [value])
          .every((text) => typeof text === 'string' && isStorable(text)),
      },
    });
  };
}

function InstantText(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isInstant', target: target.constructor, propertyName: String(property),
      options: { message: '$property is an instant with date, time with seconds, and offset, such as 2026-11-20T09:30:00Z' },
      validator: { validate: (value: unknown) => typeof value === 'string' && parseInstant(value) !== null },
    });
  };
}

function DayText(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isDay', target: target.constructor, propertyName: String(property),
      options: { message: '$property is a day such as 2026-11-20, or an instant with offset' },
      validator: { validate: (value: unknown) => typeof value === 'string' && (parseDay(value) !== null || parseInstant(value) !== null) },
    });
  };
}
