import { cliError } from './exit.ts';

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The name of a project, workflow or contract. Throws `usage_invalid`, with the nearest name that would do. */
export function nameOf(text: string, option: string): string {
  if (NAME.test(text)) return text;
  const near = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-|-$/g, '');
  throw cliError(
    'usage_invalid',
    `${option}: expected lower-case letters, digits and "-", 63 at most, found ${JSON.stringify(text)}${NAME.test(near) ? `: ${near} would do` : ''}`,
  );
}
