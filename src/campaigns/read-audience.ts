import { type InputFault, invalid, isStorable, isUuid, pointerTo } from '#kernel';
import type { Audience, Source } from './audience.js';
import type { AudienceDto } from './dto/audience.dto.js';

/** The audience of a body whose plain members are validated; throws the 422 with every fault of its sources. */
export function readAudience(sent: AudienceDto): Audience {
  const faults: InputFault[] = [];
  const sources = (list: readonly unknown[], path: string): Source[] => list.flatMap((one, index) => readSource(one, `${path}/${index}`, faults));
  const include = sources(sent.include, '/include');
  const exclude = sources(sent.exclude ?? [], '/exclude');
  if (sent.include.length === 0) faults.push({ path: '/include', code: 'value_missing', message: 'An audience includes at least one segment or rules.' });
  if (faults.length > 0) throw invalid(faults);
  return {
    include, exclude, suppressionList: sent.suppressionList ?? true, holdoutPercent: sent.holdoutPercent ?? 0,
    frequencyCap: sent.frequencyCap ? { campaigns: sent.frequencyCap.campaigns, days: sent.frequencyCap.days } : null,
    cap: sent.cap ? { limit: sent.cap.limit, order: sent.cap.order } : null,
  };
}

function readSource(sent: unknown, path: string, faults: InputFault[]): Source[] {
  const before = faults.length;
  const fault = (at: string, code: string, message: string): void => { faults.push({ path: `${path}${at}`, code, message }); };
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
    fault('', 'shape_invalid', 'A source is an object with a segmentId or rules.');
    return [];
  }
  const { segmentId, rules, name, ...unknown } = sent as Record<string, unknown>;
  for (const key of Object.keys(unknown)) {
    fault(pointerTo('', key), 'unknown_property', 'A source has a segmentId, or rules and a name.');
  }
  if ((segmentId === undefined) === (rules === undefined)) fault('', 'shape_invalid', 'A source has either a segmentId or rules.');
  if (segmentId !== undefined && (typeof segmentId !== 'string' || !isUuid(segmentId))) fault('/segmentId', 'value_invalid', 'A segmentId is a UUID.');
  if (segmentId !== undefined && name !== undefined) fault('/name', 'value_not_allowed', 'A segment has its own name.');
  if (rules !== undefined && (typeof rules !== 'object' || rules === null || Array.isArray(rules))) fault('/rules', 'shape_invalid', 'Rules are an object.');
  if (name !== undefined && (typeof name !== 'string' || name.length < 1 || name.length > 200 || !isStorable(name))) {
    fault('/name', 'value_invalid', 'A name is a text of 1 to 200 characters.');
  }
  if (faults.length > before) return [];
  if (segmentId !== undefined) return [{ segmentId: (segmentId as string).toLowerCase() }];
  return [{ rules: rules as object, ...(name === undefined ? {} : { name: name as string }) }];
}
