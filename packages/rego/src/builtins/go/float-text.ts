/** strconv.FormatFloat for 64 bits: what Go prints for a float. */

/** Digits without leading zeros; the number is 0.DIGITS × 10^point. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

type Verb = 'b' | 'e' | 'E' | 'f' | 'g' | 'G' | 'x' | 'X';

/** `precision` -1 asks for as many digits as tell the number from its neighbours. */
export function formatFloat(value: number, verb: Verb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === Infinity) return sign === '' ? '+Inf' : '-Inf';
  switch (verb) {
    case 'b':
      return sign + binary(size);
    case 'x':
      return sign + hexadecimal(size, precision);
    case 'X':
      return sign + hexadecimal(size, precision).toUpperCase();
    case 'e':
    case 'E':
      return sign + exponential(size, verb, precision);
    case 'f':
      return sign + fixed(size, precision);
    case 'g':
    case 'G':
      return sign + general(size, verb, precision);
  }
}

function exponential(size: number, letter: 'e' | 'E', precision: number): string {
  const decimal = precision < 0 ? shortest(size) : rounded(exact(size), precision + 1);
  const fraction = decimal.digits.slice(1).padEnd(Math.max(precision, 0), '0');
  const exponent = size === 0 ? 0 : decimal.point - 1;
  const first = decimal.digits[0] ?? '0';
  return `${first}${fraction === '' ? '' : `.${fraction}`}${letter}${exponentText(exponent)}`;
}

function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function fixed(size: number, precision: number): string {
  if (precision < 0) return plain(shortest(size), 0);
  const whole = exact(size);
  return plain(rounded(whole, whole.point + precision), precision);
}

function plain({ digits, point }: Decimal, precision: number): string {
  const whole = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const fraction = (point < 0 ? '0'.repeat(-point) + digits : digits.slice(Math.max(point, 0))).padEnd(
    precision,
    '0',
  );
  return fraction === '' ? whole : `${whole}.${precision > 0 ? fraction.slice(0, precision) : fraction}`;
}

/** `%e` is used below 10^-4 and from 10^precision on, which the shortest form takes to be 6. */
function general(size: number, verb: 'g' | 'G', precision: number): string {
  const isShortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const decimal = isShortest ? shortest(size) : trimmed(rounded(exact(size), wanted));
  const digits = decimal.digits.length;
  let limit = isShortest ? 6 : wanted;
  if (limit > digits && digits >= decimal.point) limit = digits;
  if (isShortest) limit = 6;
  const exponent = decimal.point - 1;
  if (size !== 0 && (exponent < -4 || exponent >= limit)) {
    const fraction = decimal.digits.slice(1);
    const letter = verb === 'g' ? 'e' : 'E';
    return `${decimal.digits[0]}${fraction === '' ? '' : `.${fraction}`}${letter}${exponentText(exponent)}`;
  }
  return plain(decimal, 0);
}

/** JavaScript prints the same shortest digits as Go. */
function shortest(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = size.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** Every float has an end in decimal: m × 2^e, or m × 5^-e ÷ 10^-e. */
function exact(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = partsOf(size);
  const shift = exponent < 0 ? -exponent : 0;
  const scaled = exponent < 0 ? mantissa * 5n ** BigInt(shift) : mantissa << BigInt(exponent);
  const digits = scaled.toString();
  return trimmed({ digits, point: digits.length - shift });
}

function trimmed({ digits, point }: Decimal): Decimal {
  return { digits: digits.replace(/0+$/, ''), point };
}

/** Rounds half to even, as Go does for exact ties. */
function rounded({ digits, point }: Decimal, count: number): Decimal {
  if (count < 0) return { digits: '', point };
  if (count >= digits.length) return { digits, point };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const isEven = count === 0 || (kept.charCodeAt(count - 1) & 1) === 0;
  const up = rest[0] !== undefined && (rest[0] > '5' || (rest[0] === '5' && (rest.length > 1 || !isEven)));
  if (!up) return { digits: kept, point };
  const raised = (BigInt(`0${kept}`) + 1n).toString().padStart(count, '0');
  return { digits: raised, point: raised.length > count ? point + 1 : point };
}

/** The float, which MUST be positive or zero, is mantissa × 2^exponent. */
export function partsOf(size: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function binary(size: number): string {
  const { mantissa, exponent } = partsOf(size);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

/** %x: 0x1.yyyyyyyyp±ddd, the first digit 1 but for zero. */
function hexadecimal(size: number, precision: number): string {
  if (size === 0) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`;
  const { mantissa, exponent } = partsOf(size);
  const width = mantissa.toString(2).length;
  // One bit before the point, and a multiple of four after it: enough for the whole fraction.
  let digits = mantissa << BigInt(53 - width);
  let power = exponent + width - 1;
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(52 - precision * 4);
    const half = 1n << (drop - 1n);
    const rest = digits & ((1n << drop) - 1n);
    digits >>= drop;
    if (rest > half || (rest === half && (digits & 1n) === 1n)) digits += 1n;
    digits <<= drop;
    if (digits >> 53n === 1n) {
      digits >>= 1n;
      power++;
    }
  }
  const full = (digits & 0xfffffffffffffn).toString(16).padStart(13, '0');
  const fraction = precision < 0 ? full.replace(/0+$/, '') : full.slice(0, precision).padEnd(precision, '0');
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${exponentText(power)}`;
}
