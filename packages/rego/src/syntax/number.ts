/** OPA takes numbers with a binary exponent of at most this. */
const MAX_BINARY_EXPONENT = 100_000;
/** Of Go's big.Float; what is smaller is zero. */
const MIN_FLOAT_EXPONENT = -(2 ** 31);

export const INVALID_FLOAT = 'invalid float';

/** Why the text of a number cannot be one. */
export function numberProblem(text: string): string | undefined {
  if (!/[eE]/.test(text) && text.length < 30_000) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  const leading = digits.search(/[1-9]/);
  if (Math.abs(Number(exponent)) >= 2 ** 31) return INVALID_FLOAT;
  if (leading < 0) return undefined;
  const mantissa = Number(`${digits.charAt(leading)}.${digits.slice(leading + 1, leading + 20)}`);
  const log2 = (Math.log10(mantissa) + Number(exponent) + whole.length - leading - 1) / Math.log10(2);
  const isTooBig =
    log2 >= MAX_BINARY_EXPONENT || (log2 < -MAX_BINARY_EXPONENT - 1 && log2 > MIN_FLOAT_EXPONENT);
  return isTooBig ? 'number too big' : undefined;
}
