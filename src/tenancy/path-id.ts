import { Injectable, type PipeTransform } from '@nestjs/common';
import { isUuid, notFound } from '#kernel';

/** An id in the path. What is no UUID names nothing: 404, as for any id that is not there. */
@Injectable()
export class PathId implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUuid(value)) throw notFound('object', value);
    return value.toLowerCase();
  }
}
