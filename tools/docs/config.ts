import { OPTIONS } from '../../packages/server/src/ground/config.ts';
import { code, table } from './markdown.ts';

/** The options of `waybill serve`. */
export function configBlocks(): Readonly<Record<string, string>> {
  return {
    options: table(
      ['flag', 'variable', 'default', 'meaning'],
      Object.entries(OPTIONS).map(([name, { env, value, help }]) => {
        const { meaning, standard } = splitHelp(help);
        return [code(`--${name} ${value}`), code(env), standard, meaning];
      }),
    ),
  };
}

/** A help text ends with the default in brackets. */
function splitHelp(help: string): { readonly meaning: string; readonly standard: string } {
  const found = /^(.*) \(([^()]*)\)$/.exec(help);
  if (found === null) throw new Error(`the help text ${JSON.stringify(help)} names no default`);
  return { meaning: found[1] ?? '', standard: found[2] ?? '' };
}
