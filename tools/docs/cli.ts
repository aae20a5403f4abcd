import {
  type ArgumentSpec,
  argumentText,
  type Command,
  type OptionSpecs,
} from '../../packages/cli/src/command.ts';
import { ALIASES, everyCommand } from '../../packages/cli/src/command-map.ts';
import { EXIT } from '../../packages/cli/src/exit.ts';
import { GLOBAL_OPTIONS } from '../../packages/cli/src/parse.ts';
import { code, table } from './markdown.ts';

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; for a question: yes',
  error: 'something went wrong; see the code in the message',
  usage: 'the command line is wrong; nothing was done',
  notVerified: 'a signature, certificate, log proof or expectation does not hold',
  refused: 'everything is genuine, but the answer is no: verdict FAILED, gate `deny`',
  interrupted: 'ended by a signal; what was begun is cleaned up',
};

/** Every command with its arguments, options and examples. */
export async function commandBlocks(): Promise<Readonly<Record<string, string>>> {
  const sections = await Promise.all(
    everyCommand().map(async ([path, leaf]) => sectionOf(path, (await leaf.load()).command)),
  );
  return {
    exit: table(
      ['code', 'meaning'],
      Object.entries(EXIT).map(([name, number]) => [
        String(number),
        EXIT_MEANINGS[name as keyof typeof EXIT],
      ]),
    ),
    aliases: table(
      ['short', 'for'],
      Object.entries(ALIASES).map(([short, long]) => [code(`waybill ${short}`), code(`waybill ${long}`)]),
    ),
    global: optionTable(GLOBAL_OPTIONS),
    commands: sections.join('\n\n'),
  };
}

function sectionOf(path: string, command: Command): string {
  const args = (command.arguments ?? []).map(argumentText);
  return [
    `### waybill ${[path, ...args].join(' ')}`,
    `${command.summary}.`,
    ...argumentTable(command.arguments ?? []),
    ...(Object.keys(command.options).length === 0 ? [] : [optionTable(command.options)]),
    `\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function argumentTable(specs: readonly ArgumentSpec[]): readonly string[] {
  if (specs.length === 0) return [];
  return [
    table(
      ['argument', 'meaning'],
      specs.map((spec) => [code(spec.name), spec.summary + (spec.required ? '' : ' (optional)')]),
    ),
  ];
}

function optionTable(specs: OptionSpecs): string {
  return table(
    ['option', 'meaning'],
    Object.entries(specs).map(([name, spec]) => {
      const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
      const short = spec.short === undefined ? '' : `, ${code(`-${spec.short}`)}`;
      const remarks = [
        spec.required ? 'required' : '',
        spec.multiple ? 'may be repeated' : '',
        spec.choices ? `one of ${spec.choices.join(', ')}` : '',
      ].filter((remark) => remark !== '');
      return [
        code(`--${name}${value}`) + short,
        spec.summary + (remarks.length > 0 ? ` (${remarks.join('; ')})` : ''),
      ];
    }),
  );
}
