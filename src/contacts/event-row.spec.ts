import { readEventRow } from './event-row.js';

const types = new Map([['opened', 'opened'], ['webinar', '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11']]);
const row = { id: 'e1', type: 'opened', email: 'ada@example.com', occurredAt: '2026-11-20T09:30:00Z' };

function faultsOf(change: object): string[] {
  return readEventRow({ ...row, ...change }, types).faults.map(({ path, code }) => `${path} ${code}`);
}

describe('a row of events', () => {
  it('is read with what it leaves out as unset', () => {
    expect(readEventRow(row, types)).toEqual({
      event: {
        id: 'e1', type: 'opened', occurredAt: '2026-11-20T09:30:00.000Z', campaignId: null, url: null, device: null, revenue: null, properties: {},
      },
      address: { email: 'ada@example.com', contactId: null },
      faults: [],
    });
  });

  it('stores an own type by its id', () => {
    expect(readEventRow({ ...row, type: 'webinar' }, types).event?.type).toBe('0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11');
  });

  it('cuts an instant to milliseconds and brings it to UTC', () => {
    expect(readEventRow({ ...row, occurredAt: '2026-11-20T09:30:00.123999+02:00' }, types).event?.occurredAt).toBe('2026-11-20T07:30:00.123Z');
  });

  it('trims the address and lowers the letters of the contact\'s id', () => {
    const { address } = readEventRow({ ...row, email: ' Ada@Example.com ', contactId: '0199D6A2-7B1E-7C3A-9F52-0C6F6F1F2A11' }, types);
    expect(address).toEqual({ email: 'Ada@Example.com', contactId: '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11' });
  });

  it('counts null and the empty string of optional texts as unset', () => {
    const { event, faults } = readEventRow({ ...row, campaignId: '', url: null, device: '', revenue: null, properties: null, contactId: null }, types);
    expect(faults).toEqual([]);
    expect(event).toMatchObject({ campaignId: null, url: null, device: null, revenue: null, properties: {} });
  });

  it.each([[0], [-12.34], [0.29], [1e15], [-1e15], [120.5]])('takes a revenue of %d', (revenue) => {
    expect(readEventRow({ ...row, revenue }, types).event?.revenue).toBe(revenue);
  });

  it.each([
    ['a revenue with three decimals', { revenue: 1.005 }, ['/revenue value_invalid']],
    ['a tiny revenue', { revenue: 1e-7 }, ['/revenue value_invalid']],
    ['a revenue beyond 10^15', { revenue: 1e15 + 1 }, ['/revenue value_invalid']],
    ['a revenue that JSON made infinite', { revenue: Infinity }, ['/revenue value_invalid']],
    ['a revenue in a string', { revenue: '1' }, ['/revenue value_invalid']],
    ['an id that is no string', { id: 5 }, ['/id value_invalid']],
    ['an empty id', { id: '' }, ['/id value_invalid']],
    ['an id of 201 characters', { id: '😀'.repeat(201) }, ['/id value_invalid']],
    ['an id with U+0000', { id: 'a\0' }, ['/id value_invalid']],
    ['an id with an unpaired surrogate', { id: 'a\ud800' }, ['/id value_invalid']],
    ['an unknown type', { type: 'constructor' }, ['/type unknown_event']],
    ['an instant without offset', { occurredAt: '2026-11-20T09:30:00' }, ['/occurredAt value_invalid']],
    ['a day that does not exist', { occurredAt: '2026-02-30T09:30:00Z' }, ['/occurredAt value_invalid']],
    ['a day', { occurredAt: '2026-11-20' }, ['/occurredAt value_invalid']],
    ['no address', { email: undefined }, ['/email value_missing']],
    ['an address that is no string', { email: 7 }, ['/email value_invalid']],
    ['a contact\'s id that is no UUID', { email: undefined, contactId: 'x' }, ['/contactId value_invalid']],
    ['a campaign of 201 characters', { campaignId: 'x'.repeat(201) }, ['/campaignId value_invalid']],
    ['a device of 10,001 characters', { device: 'x'.repeat(10_001) }, ['/device value_invalid']],
    ['properties that are a list', { properties: [] }, ['/properties value_invalid']],
    ['a property with U+0000', { properties: { 'a/b': { c: ['\0'] } } }, ['/properties/a~1b/c/0 value_invalid']],
    ['a name of a property with U+0000', { properties: { 'a\0': 1 } }, ['/properties value_invalid']],
    ['a property beyond 10^15', { properties: { n: 1e16 } }, ['/properties/n value_invalid']],
    ['properties that are too long', { properties: { text: 'x'.repeat(70_000) } }, ['/properties value_invalid']],
    ['a member that events do not have', { tenantId: 'x' }, ['/tenantId unknown_property']],
  ])('refuses %s', (_name, change, faults) => {
    expect(faultsOf(change)).toEqual(faults);
  });

  it('refuses properties that nest without end, however deep', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as object;
    expect(faultsOf({ properties: deep })).toEqual([`/properties${'/a'.repeat(10)} value_invalid`]);
  });

  it('names every fault at once, and its address all the same', () => {
    const { event, address, faults } = readEventRow({ email: 'ada@example.com', revenue: 'x', foo: 1 }, types);
    expect(event).toBeNull();
    expect(address?.email).toBe('ada@example.com');
    expect(faults.map(({ path, code }) => `${path} ${code}`))
      .toEqual(['/id value_missing', '/type value_missing', '/occurredAt value_missing', '/revenue value_invalid', '/foo unknown_property']);
  });

  it.each([[null], ['x'], [[]], [5]])('refuses %p, which is no object', (json) => {
    expect(readEventRow(json, types).faults).toMatchObject([{ path: '', code: 'shape_invalid' }]);
  });

  it('keeps properties whose names are those of an object\'s own machinery', () => {
    const properties = JSON.parse('{"constructor":1,"__proto__":{"x":2},"toString":"y"}') as object;
    expect(JSON.stringify(readEventRow({ ...row, properties }, types).event?.properties)).toBe('{"constructor":1,"__proto__":{"x":2},"toString":"y"}');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
