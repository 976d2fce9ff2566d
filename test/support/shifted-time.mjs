// Preloaded, it lets a process believe in another time than the machine and its database have: SHIFT_MS later, or earlier.
const shift = Number(process.env['SHIFT_MS'] ?? 0);
const Machine = globalThis.Date;

globalThis.Date = class Date extends Machine {
  constructor(...given) {
    if (given.length === 0) super(Machine.now() + shift);
    else super(...given);
  }

  static now() {
    return Machine.now() + shift;
  }
};
