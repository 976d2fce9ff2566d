import { codePoints, type InputFault, isStorable, pointerTo } from '#kernel';

export type DeclaredProperties = Record<string, 'string' | 'number' | 'boolean'>;

const types: readonly unknown[] = ['string', 'number', 'boolean'];
const maxProperties = 200;
const maxName = 200;

/** Reads the declared properties of an event type; its faults where there are any. */
export function readDeclared(json: Readonly<Record<string, unknown>>): { properties: DeclaredProperties; faults: readonly InputFault[] } {
  const entries = Object.entries(json);
  if (entries.length > maxProperties) {
    return { properties: {}, faults: [{ path: '/properties', code: 'value_invalid', message: `An event type declares at most ${maxProperties} properties.` }] };
  }
  const faults: InputFault[] = [];
  for (const [name, type] of entries) {
    const path = pointerTo('/properties', name.toWellFormed());
    if (name === '' || codePoints(name) > maxName || !isStorable(name)) {
      faults.push({ path, code: 'value_invalid', message: `The name of a property has 1 to ${maxName} storable characters.` });
    }
    // The mapper that loads and compares the declared object trips over its own machinery's names.
    if (name in Object.prototype) faults.push({ path, code: 'value_invalid', message: 'No property of this name can be declared; events may have it all the same.' });
    if (!types.includes(type)) faults.push({ path, code: 'value_invalid', message: 'The type of a property is string, number or boolean.' });
  }
  return { properties: json as DeclaredProperties, faults };
}
