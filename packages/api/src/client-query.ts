/** The part of a URL that narrows a list; empty where nothing is asked for. */
export function query(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const set = Object.entries(values).filter(
    (pair): pair is [string, string | number] => pair[1] !== undefined,
  );
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(Object.fromEntries(set.map(([key, value]) => [key, String(value)])))}`;
}
