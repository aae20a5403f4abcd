/**
 * Letters of other alphabets that look like a Latin one, so that `СONTAINER_IMAGE` with a Cyrillic С
 * is explained instead of merely refused. A subset of Unicode's confusables.txt: the letters that keyboards produce.
 */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    А: 'A',
    В: 'B',
    С: 'C',
    Е: 'E',
    Н: 'H',
    І: 'I',
    Ј: 'J',
    К: 'K',
    М: 'M',
    О: 'O',
    Р: 'P',
    Ѕ: 'S',
    Т: 'T',
    Х: 'X',
    У: 'Y',
    а: 'a',
    с: 'c',
    е: 'e',
    һ: 'h',
    і: 'i',
    ј: 'j',
    о: 'o',
    р: 'p',
    ѕ: 's',
    х: 'x',
    у: 'y',
    ԁ: 'd',
    ԛ: 'q',
    ѵ: 'v',
    ԝ: 'w',
    Α: 'A',
    Β: 'B',
    Ε: 'E',
    Ζ: 'Z',
    Η: 'H',
    Ι: 'I',
    Κ: 'K',
    Μ: 'M',
    Ν: 'N',
    Ο: 'O',
    Ρ: 'P',
    Τ: 'T',
    Υ: 'Y',
    Χ: 'X',
    ο: 'o',
    ν: 'v',
    ι: 'i',
    α: 'a',
    ρ: 'p',
    ɡ: 'g',
    ı: 'i',
    ⅼ: 'l',
  }),
);

/** Invisible characters: they make two texts differ that a person cannot tell apart. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/;

/** The text with look-alike letters in Latin, full-width forms narrowed and invisible characters dropped. */
export function foldLookAlikes(text: string): string {
  let folded = '';
  for (const letter of text.normalize('NFKC')) {
    if (!INVISIBLE.test(letter)) folded += LOOK_ALIKES.get(letter) ?? letter;
  }
  return folded;
}

/**
 * Names the first letter that is not what it looks like: `the letter "С" (U+0421) looks like "C"`;
 * undefined when there is none.
 */
export function explainLookAlike(text: string): string | undefined {
  for (const letter of text) {
    const code = `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    const latin = LOOK_ALIKES.get(letter);
    if (latin !== undefined)
      return `the letter "${letter}" (${code}) looks like "${latin}" but is another one`;
    if (INVISIBLE.test(letter)) return `it holds the invisible character ${code}`;
  }
  return undefined;
}

/** Texts longer than this are not compared: the cost is the product of both lengths. */
const MAX_COMPARED = 100;

/** Optimal string alignment distance: single letters added, removed or replaced, and neighbours swapped. */
function editDistance(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length > MAX_COMPARED || b.length > MAX_COMPARED) return Math.max(a.length, b.length);
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          (previous[j - 1] as number) + same,
          (previous[j] as number) + 1,
          (row[j - 1] as number) + 1,
          swapped ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] as number;
}

/** Comparable form of a name: look-alikes folded, lower case, without separators. */
export function normalizeName(text: string): string {
  return foldLookAlikes(text)
    .toLowerCase()
    .replace(/[-_\s.]/g, '');
}

/**
 * The candidate that was probably meant: distance up to a third of its length, at least 1; else the first one that
 * begins with the text (`JUNIT`). Undefined when none is near.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const wanted = normalizeName(text);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    const distance = editDistance(wanted, normalizeName(name));
    const allowed = Math.max(1, Math.floor(normalizeName(name).length / 3));
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  if (best !== undefined || wanted.length < 3) return best?.name;
  return candidates.find((name) => normalizeName(name).startsWith(wanted));
}

/** `text` for a message: quoted, control characters escaped, cut after `most` characters. */
export function quoted(text: string, most = 80): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}
