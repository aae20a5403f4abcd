/** Time zones by name, from the data that the JavaScript engine has. */
import type { BuiltinContext } from './builtin.ts';
import { builtinError } from './builtin.ts';
import { NS_PER_SECOND } from './go/civil.ts';
import { zoneAbbreviation } from './zone-abbreviations.ts';

/** Seconds ahead of UTC at a moment, and what the zone calls itself then. */
export interface Zone {
  readonly name: string;
  offsetAt(ns: bigint): number;
  nameAt(ns: bigint): string;
}

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0, nameAt: () => 'UTC' };

/** The machine's own zone would let two machines disagree: `Local` is UTC. */
const UTC_NAMES: ReadonlySet<string> = new Set(['', 'UTC', 'Local']);

export function zoneNamed(context: BuiltinContext, name: string): Zone {
  if (UTC_NAMES.has(name)) return UTC;
  const key = `time.zone ${name}`;
  const known = context.cache.get(key);
  if (known instanceof IntlZone) return known;
  const zone = new IntlZone(name);
  context.cache.set(key, zone);
  return zone;
}

class IntlZone implements Zone {
  readonly name: string;
  readonly #offsets: Intl.DateTimeFormat;

  constructor(name: string) {
    this.name = name;
    // Go knows names with their case, and neither offsets nor paths as names.
    if (!/^[A-Za-z][\w+-]*(?:\/[A-Za-z][\w+-]*)*$/.test(name)) throw unknownZone(name);
    try {
      this.#offsets = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
      const known = this.#offsets.resolvedOptions().timeZone;
      if (known !== name && known.toLowerCase() === name.toLowerCase()) throw unknownZone(name);
    } catch (error) {
      if (error instanceof RangeError) throw unknownZone(name);
      throw error;
    }
  }

  offsetAt(ns: bigint): number {
    const date = new Date(Number(ns / (NS_PER_SECOND / 1000n)));
    const parts = this.#offsets.formatToParts(date);
    const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /^GMT([-+])(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === '-' ? -size : size;
  }

  nameAt(ns: bigint): string {
    return zoneAbbreviation(this.name, this.offsetAt(ns));
  }
}

function unknownZone(name: string): Error {
  return builtinError(`unknown time zone ${name}`);
}
