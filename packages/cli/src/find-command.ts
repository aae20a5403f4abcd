import { nearest } from '@waybill/core/bytes';
import { ALIASES, COMMANDS, isNoun, type Leaf, type Noun } from './command-map.ts';
import { cliError } from './exit.ts';
import { TOPICS } from './topics/index.ts';

export type Found =
  | { readonly type: 'command'; readonly path: string; readonly leaf: Leaf; readonly rest: readonly string[] }
  | { readonly type: 'noun-help'; readonly path: string; readonly noun: Noun }
  | { readonly type: 'root-help' }
  /** Without a name all topics are meant. */
  | { readonly type: 'topic'; readonly name: string | undefined }
  | { readonly type: 'completion'; readonly shell: string; readonly words: readonly string[] }
  | { readonly type: 'version' };

/** What the scripts of `waybill completion` call; no word for people. */
const COMPLETE = '__complete';
const HELP = new Set(['help', '--help', '-h']);

/** Which command the words name. Throws `usage_unknown_command`, with the nearest one. */
export function findCommand(words: readonly string[]): Found {
  const [first, ...rest] = words;
  if (first === undefined || (HELP.has(first) && rest.length === 0)) return { type: 'root-help' };
  if (first === COMPLETE) return { type: 'completion', shell: rest[0] ?? '', words: rest.slice(1) };
  if (first === 'help') return topicOf(rest) ?? findCommand([...rest, '--help']);
  if (first === '--version' || first === '-V') return { type: 'version' };
  if (first.startsWith('-')) {
    throw cliError(
      'usage_unknown_command',
      `options go after the command (waybill COMMAND ${first} …): see waybill --help`,
    );
  }
  const name = Object.hasOwn(ALIASES, first) ? (ALIASES[first] ?? first) : first;
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) throw swapped(first, rest[0]) ?? unknownNoun(first);
  return isNoun(entry) ? findVerb(name, entry, rest) : { type: 'command', path: name, leaf: entry, rest };
}

/** Undefined where the words are not about a topic. Throws for what is neither, but nearly a topic. */
function topicOf([name = '', ...more]: readonly string[]): Found | undefined {
  if (more.length > 0) return undefined;
  if (name === 'topics') return { type: 'topic', name: undefined };
  if (Object.hasOwn(TOPICS, name)) return { type: 'topic', name };
  if (Object.hasOwn(COMMANDS, name) || Object.hasOwn(ALIASES, name)) return undefined;
  const near = nearest(name, [...Object.keys(COMMANDS), 'topics', ...Object.keys(TOPICS)]);
  if (near === undefined || Object.hasOwn(COMMANDS, near)) return undefined;
  throw unknown('waybill help', name, `waybill help ${near}`);
}

function findVerb(name: string, noun: Noun, words: readonly string[]): Found {
  const [first, ...others] = words;
  if (first === undefined || HELP.has(first)) return { type: 'noun-help', path: name, noun };
  const [verb, rest] = noun.meant && first.startsWith('-') ? [noun.meant, words] : [first, others];
  const entry = Object.hasOwn(noun.verbs, verb) ? noun.verbs[verb] : undefined;
  if (!entry) throw nested(name, verb, rest[0]) ?? unknownVerb(name, noun, verb);
  const path = `${name} ${verb}`;
  return isNoun(entry) ? findVerb(path, entry, rest) : { type: 'command', path, leaf: entry, rest };
}

/** Words of other programs for the same thing; the first that the noun has is meant. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  ls: ['list'],
  get: ['describe', 'list'],
  show: ['describe'],
  view: ['describe'],
  inspect: ['describe'],
  new: ['create', 'add', 'init'],
  create: ['apply', 'add', 'init'],
  update: ['apply'],
  start: ['init'],
  finish: ['push'],
  sign: ['push'],
  rm: ['remove', 'revoke', 'reset'],
  delete: ['remove', 'revoke', 'reset'],
};

function nounOf(word: string | undefined): readonly [string, Noun] | undefined {
  if (word === undefined) return undefined;
  const singular = word.replace(/s$/, '');
  const known = [word, singular].find((one) => Object.hasOwn(COMMANDS, one) || Object.hasOwn(ALIASES, one));
  const name = known !== undefined && Object.hasOwn(ALIASES, known) ? ALIASES[known] : known;
  const entry = name === undefined ? undefined : COMMANDS[name];
  return name !== undefined && entry !== undefined && isNoun(entry) ? [name, entry] : undefined;
}

function verbMeant(noun: Noun, word: string): string | undefined {
  const verbs = Object.keys(noun.verbs);
  if (verbs.includes(word)) return word;
  const same = Object.hasOwn(SYNONYMS, word)
    ? SYNONYMS[word]?.find((verb) => verbs.includes(verb))
    : undefined;
  return same ?? nearest(word, verbs);
}

/** `list workflows` for `workflow list`. */
function swapped(verb: string, second: string | undefined) {
  const [name, noun] = nounOf(second) ?? [];
  const meant = noun && verbMeant(noun, verb);
  return meant === undefined ? undefined : unknown('waybill', verb, `waybill ${name} ${meant}`);
}

/** `workflow contract apply` for `contract apply`. */
function nested(name: string, word: string, third: string | undefined) {
  const [inner, noun] = nounOf(word) ?? [];
  if (inner === undefined || noun === undefined) return undefined;
  const meant = third === undefined ? undefined : verbMeant(noun, third);
  return unknown(`waybill ${name}`, word, `waybill ${inner}${meant === undefined ? '' : ` ${meant}`}`);
}

function unknownNoun(word: string) {
  const plural = nounOf(word)?.[0];
  const near =
    word === 'auth'
      ? 'login'
      : (plural ?? nearest(word, [...Object.keys(COMMANDS), ...Object.keys(ALIASES)]) ?? nounsWith(word));
  return unknown('waybill', word, near && `waybill ${near}`);
}

/** `apply` for `contract apply`: every noun that has the verb. */
function nounsWith(verb: string): string | undefined {
  const paths = Object.entries(COMMANDS)
    .filter(([, entry]) => isNoun(entry) && Object.hasOwn(entry.verbs, verb))
    .map(([name]) => `${name} ${verb}`);
  return paths.length > 0 ? paths.join(' or waybill ') : undefined;
}

function unknownVerb(name: string, noun: Noun, word: string) {
  const near = verbMeant(noun, word);
  return unknown(`waybill ${name}`, word, near && `waybill ${name} ${near}`);
}

function unknown(program: string, word: string, meant: string | undefined) {
  const hint = meant ? `did you mean ${meant}?` : `see ${program} --help`;
  return cliError('usage_unknown_command', `${program} has no command ${JSON.stringify(word)}: ${hint}`);
}
