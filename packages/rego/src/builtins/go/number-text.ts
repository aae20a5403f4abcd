/** What strconv.ParseFloat reads, beyond the numbers of JSON. */
import { formatFloat } from './float-text.ts';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const DECIMAL = /^([-+]?)(\d*)(?:\.(\d*))?([eE][-+]?\d+)?$/;
const HEXADECIMAL = /^([-+]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([-+]?\d+)$/;
/** Underscores stand between digits. */
const GROUPED = /^[-+]?(?:0[xX]_)?[\da-fA-F.pPxX+-]+(?:_[\da-fA-F.pPxX+-]+)*$/;

/** The number as JSON writes it: `+5` is 5, `.5` is 0.5. `undefined` for no number. */
export function parseFloatText(text: string): string | undefined {
  if (JSON_NUMBER.test(text)) return text;
  if (
    text.includes('_') &&
    (!GROUPED.test(text) || /[^\da-fA-F]_|_[^\da-fA-F]/.test(text.replace(/^([-+]?0[xX])_/, '$1')))
  ) {
    return undefined;
  }
  const plain = text.replaceAll('_', '');
  const [, sign = '', whole = '', fraction = '', exponent = ''] = DECIMAL.exec(plain) ?? [];
  if (whole !== '' || fraction !== '') {
    const digits = whole.replace(/^0+(?=\d)/, '') || '0';
    return `${sign === '-' ? '-' : ''}${digits}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
  }
  return hexadecimal(plain);
}

function hexadecimal(text: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = HEXADECIMAL.exec(text) ?? [];
  const digits = whole + fraction;
  if (digits === '' || digits.length > 200) return undefined;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - fraction.length * 4);
  return formatFloat(sign === '-' ? -value : value, Number.isInteger(value) ? 'f' : 'g', -1);
}
