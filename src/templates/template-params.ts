import { invalid, type InputFault } from '#kernel';
import type { TemplateRequirements } from '#rules';

export interface TemplateParams {
  segments: ReadonlyMap<string, string>;
  campaigns: ReadonlyMap<string, string>;
}

/** Reads `params`: ids by the names that the template requires. Throws every fault at once. */
export function readParams(params: object | undefined, requires: TemplateRequirements): TemplateParams {
  const faults: InputFault[] = [];
  const given = new Map(Object.entries(params ?? {}));
  for (const key of given.keys()) {
    if (key !== 'segments' && key !== 'campaigns') faults.push({ path: `/params/${key}`, code: 'unknown_key', message: 'params are { segments?, campaigns? }.' });
  }
  const read = (kind: 'segments' | 'campaigns'): ReadonlyMap<string, string> => {
    const sent: unknown = given.get(kind) ?? {};
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
      faults.push({ path: `/params/${kind}`, code: 'shape_invalid', message: `${kind} are ids by name.` });
      return new Map();
    }
    for (const [name, id] of Object.entries(sent)) {
      if (!requires[kind].includes(name)) {
        faults.push({ path: `/params/${kind}/${name}`, code: 'unknown_key', message: `The template requires ${requires[kind].map((one) => `"${one}"`).join(', ') || `no ${kind}`}.` });
      } else if (typeof id !== 'string') {
        faults.push({ path: `/params/${kind}/${name}`, code: 'value_invalid', message: 'An id is a string.' });
      }
    }
    return new Map(Object.entries(sent as Record<string, string>));
  };
  const result = { segments: read('segments'), campaigns: read('campaigns') };
  if (faults.length > 0) throw invalid(faults);
  return result;
}
