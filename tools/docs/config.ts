import { defaultOf, optionNames, optionOf } from '../../packages/server/src/ground/config/options.ts';
import { code, table } from './markdown.ts';

/** The options of `waybill serve`, each in its four ways. */
export function configBlocks(): Readonly<Record<string, string>> {
  return {
    options: table(
      ['flag', 'variable', 'file with the value', 'key in the file', 'default', 'meaning'],
      optionNames().map((name) => {
        const { env, value, secret, not } = optionOf(name);
        const { meaning, standard } = defaultOf(name);
        const flag = not === 'flag' ? '–' : code(`--${name} ${value}`);
        const key = not === 'file' ? '–' : code(`${name}:`);
        return [flag, code(env), secret ? code(`${env}_FILE`) : '–', key, standard, meaning];
      }),
    ),
  };
}
