import { codePoints, type InputFault, isStorable, isUuid, parseInstant, pointerTo } from '#kernel';
import { isObject } from './contact-faults.js';

/** An event as it is stored, but for its contact. */
export interface NewEvent {
  readonly id: string;
  /** A built-in type's key, or the id of one of the tenant's own. */
  readonly type: string;
  readonly occurredAt: string;
  readonly campaignId: string | null;
  readonly url: string | null;
  readonly device: string | null;
  readonly revenue: number | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Whose event it is; at least one of the two is given, and both must name the same contact. */
export interface Address {
  readonly email: string | null;
  readonly contactId: string | null;
}

/** What a row says. Its address is read even where the rest is at fault, so that all faults can be told at once. */
export interface EventRow {
  readonly event: NewEvent | null;
  readonly address: Address | null;
  readonly faults: readonly InputFault[];
}

const maxText = 10_000;
const maxId = 200;
const maxAmount = 1e15;
/** Of an event's own properties: characters of all keys and texts, and how deep they nest. */
const propertyLimits = { characters: 65_536, depth: 10 } as const;
/** Enough to mend a row; a hostile one could otherwise be answered at many times its size. */
const maxFaults = 50;

const members: readonly string[] = [
  'id', 'type', 'email', 'contactId', 'occurredAt', 'campaignId', 'url', 'device', 'revenue', 'properties',
];

/** What else is known of a row than what it says. */
export interface EventReading {
  /** Whether it may leave out its id, which is then empty. */
  readonly idOptional?: boolean;
  /** Whose it is, or why nobody's; the row then names nobody. */
  readonly owner?: string | InputFault;
}

/** Reads a row of `POST /events/batch`; `types` are what each type that may be named is stored as. */
export function readEventRow(json: unknown, types: ReadonlyMap<string, string>, { idOptional = false, owner }: EventReading = {}): EventRow {
  if (!isObject(json)) {
    return { event: null, address: null, faults: [{ path: '', code: 'shape_invalid', message: 'An event is a JSON object.' }] };
  }
  const reader = new RowReader(json);
  const event = {
    id: reader.id(idOptional), type: reader.type(types), occurredAt: reader.instant('occurredAt'),
    campaignId: reader.text('campaignId', maxId), url: reader.text('url', maxText), device: reader.text('device', maxText),
    revenue: reader.revenue(), properties: reader.properties(),
  };
  const address = owner === undefined ? reader.address() : typeof owner === 'string' ? { email: null, contactId: owner } : null;
  if (typeof owner === 'object') reader.faults.push(owner);
  reader.refuseUnknown();
  return { event: reader.faults.length === 0 ? event : null, address, faults: reader.faults.slice(0, maxFaults) };
}

class RowReader {
  readonly faults: InputFault[] = [];

  constructor(private readonly row: Readonly<Record<string, unknown>>) {}

  id(optional: boolean): string {
    const sent = this.row['id'];
    if (optional && (sent === undefined || sent === null)) return '';
    const id = this.needed('id');
    if (id === null) return '';
    if (id.length === 0 || codePoints(id) > maxId) this.fault('/id', 'value_invalid', `id has 1 to ${maxId} characters.`);
    return id;
  }

  type(types: ReadonlyMap<string, string>): string {
    const key = this.needed('type');
    if (key === null) return '';
    const stored = types.get(key);
    if (stored === undefined) this.fault('/type', 'unknown_event', `There is no such event type. Known are: ${[...types.keys()].slice(0, 30).join(', ')}.`);
    return stored ?? '';
  }

  instant(name: string): string {
    const text = this.needed(name);
    if (text === null) return '';
    const at = parseInstant(text);
    if (at !== null) return new Date(at).toISOString();
    this.fault(`/${name}`, 'value_invalid', `${name} is an instant with date, time with seconds, and offset, such as 2026-11-20T09:30:00Z.`);
    return '';
  }

  /** Optional text; the empty one counts as unset. */
  text(name: string, max: number): string | null {
    const value = this.row[name];
    if (value === undefined || value === null || value === '') return null;
    const text = this.storable(name, value);
    if (text !== null && codePoints(text) > max) this.fault(`/${name}`, 'value_invalid', `${name} has at most ${max} characters.`);
    return text;
  }

  revenue(): number | null {
    const value = this.row['revenue'];
    if (value === undefined || value === null) return null;
    if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > maxAmount) {
      this.fault('/revenue', 'value_invalid', 'revenue is a number between -10^15 and 10^15.');
      return null;
    }
    // Judged as it prints: what was sent as 0.29 is no multiple of 0.01 in binary.
    if (!/^-?\d+(\.\d{1,2})?$/.test(String(value))) this.fault('/revenue', 'value_invalid', 'revenue has at most 2 decimals.');
    return value;
  }

  properties(): Record<string, unknown> {
    const value = this.row['properties'];
    if (value === undefined || value === null) return {};
    if (!isObject(value)) {
      this.fault('/properties', 'value_invalid', 'properties is a JSON object.');
      return {};
    }
    const left = { characters: propertyLimits.characters };
    this.judge(value, '/properties', 0, left);
    if (left.characters < 0) this.fault('/properties', 'value_invalid', `properties have at most ${propertyLimits.characters} characters in all.`);
    return value;
  }

  address(): Address | null {
    const email = this.text('email', maxText)?.trim() ?? null;
    const contactId = this.text('contactId', maxText);
    if (contactId !== null && !isUuid(contactId)) {
      this.fault('/contactId', 'value_invalid', 'contactId is a UUID.');
      return null;
    }
    if ((email === null || email === '') && contactId === null) {
      if (!this.faults.some(({ path }) => path === '/email' || path === '/contactId')) {
        this.fault('/email', 'value_missing', 'One of email and contactId is needed.');
      }
      return null;
    }
    return { email: email === '' ? null : email, contactId: contactId?.toLowerCase() ?? null };
  }

  refuseUnknown(): void {
    for (const name of Object.keys(this.row)) {
      if (!members.includes(name)) this.fault(pointerTo('', name.toWellFormed()), 'unknown_property', `An event has no property of this name; it has ${members.join(', ')}.`);
    }
  }

  private needed(name: string): string | null {
    const value = this.row[name];
    if (value !== undefined && value !== null) return this.storable(name, value);
    this.fault(`/${name}`, 'value_missing', `${name} is needed.`);
    return null;
  }

  private storable(name: string, value: unknown): string | null {
    if (typeof value !== 'string') this.fault(`/${name}`, 'value_invalid', `${name} is a string.`);
    else if (!isStorable(value)) this.fault(`/${name}`, 'value_invalid', `${name} contains U+0000 or an unpaired surrogate.`);
    else return value;
    return null;
  }

  /** Whether PostgreSQL can store the value and a rule read it. */
  private judge(value: unknown, path: string, depth: number, left: { characters: number }): void {
    if (left.characters < 0 || this.faults.length >= maxFaults) return;
    left.characters -= 1;
    if (typeof value === 'string') {
      left.characters -= value.length;
      if (!isStorable(value)) this.fault(path, 'value_invalid', 'The text contains U+0000 or an unpaired surrogate.');
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value) || Math.abs(value) > maxAmount) this.fault(path, 'value_invalid', 'A number lies between -10^15 and 10^15.');
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= propertyLimits.depth) {
        this.fault(path, 'value_invalid', `properties nest at most ${propertyLimits.depth} deep.`);
        return;
      }
      for (const [key, inner] of Object.entries(value)) {
        left.characters -= key.length;
        if (!isStorable(key)) this.fault(path, 'value_invalid', 'The name of a property contains U+0000 or an unpaired surrogate.');
        this.judge(inner, pointerTo(path, key.toWellFormed()), depth + 1, left);
      }
    }
  }

  private fault(path: string, code: string, message: string): void {
    this.faults.push({ path, code, message });
  }
}
