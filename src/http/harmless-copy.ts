const originals = new WeakMap<object, object>();

/** How deep a DTO may nest; what lies deeper only JSON fields have, and those are taken from the original. */
const maxDepth = 4;
const prototypeKeys: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/**
 * A copy for the library that makes DTOs. It calls an object's own `constructor`, whatever was sent under that name, and
 * follows objects as deep as they go; so the copy has neither.
 */
export function harmlessCopy(sent: object): object {
  return copyOf(sent, maxDepth) as object;
}

/** What the copy, or an object within it, was made of. */
export function originalOf(copy: object): object {
  return originals.get(copy) ?? copy;
}

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return depth === 0 ? [] : value.map((element) => copyOf(element, depth - 1));
  if (depth === 0) return {};
  const copy: object = Object.fromEntries(Object.entries(value)
    .filter(([key]) => !prototypeKeys.includes(key)).map(([key, inner]) => [key, copyOf(inner, depth - 1)]));
  originals.set(copy, value);
  return copy;
}
