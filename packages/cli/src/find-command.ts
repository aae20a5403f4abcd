import { nearest } from '@waybill/core/bytes';
import { ALIASES, COMMANDS, isNoun, type Leaf, type Noun } from './command-map.ts';
import { cliError } from './exit.ts';

export type Found =
  | { readonly type: 'command'; readonly path: string; readonly leaf: Leaf; readonly rest: readonly string[] }
  | { readonly type: 'noun-help'; readonly path: string; readonly noun: Noun }
  | { readonly type: 'root-help' }
  | { readonly type: 'version' };

const HELP = new Set(['help', '--help', '-h']);

/** Which command the words name. Throws `usage_unknown_command`, with the nearest one. */
export function findCommand(words: readonly string[]): Found {
  const [first, ...rest] = words;
  if (first === undefined || (HELP.has(first) && rest.length === 0)) return { type: 'root-help' };
  if (first === 'help') return findCommand([...rest, '--help']);
  if (first === '--version' || first === '-V') return { type: 'version' };
  if (first.startsWith('-')) {
    throw cliError(
      'usage_unknown_command',
      `options go after the command (waybill COMMAND ${first} …): see waybill --help`,
    );
  }
  const name = Object.hasOwn(ALIASES, first) ? (ALIASES[first] ?? first) : first;
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) throw unknownCommand('waybill', first, [...Object.keys(COMMANDS), ...Object.keys(ALIASES)]);
  return isNoun(entry) ? findVerb(name, entry, rest) : { type: 'command', path: name, leaf: entry, rest };
}

function findVerb(name: string, noun: Noun, words: readonly string[]): Found {
  const [verb, ...rest] = words;
  if (verb === undefined || HELP.has(verb)) return { type: 'noun-help', path: name, noun };
  const leaf = Object.hasOwn(noun.verbs, verb) ? noun.verbs[verb] : undefined;
  if (!leaf) throw unknownCommand(`waybill ${name}`, verb, Object.keys(noun.verbs));
  return { type: 'command', path: `${name} ${verb}`, leaf, rest };
}

function unknownCommand(program: string, word: string, candidates: readonly string[]) {
  const near = nearest(word, candidates);
  const hint = near ? `did you mean ${program} ${near}?` : `see ${program} --help`;
  return cliError('usage_unknown_command', `${program} has no command ${JSON.stringify(word)}: ${hint}`);
}
