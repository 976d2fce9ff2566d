import type { Clock } from '#kernel';

/** Injection tokens of what the process is given at its start; `Database` is its own token. */
export const CLOCK = Symbol('clock');
export const CONFIG = Symbol('config');
export type { Clock };
