import type { Attack } from '../attack.ts';
import { BODIES } from '../places.ts';

const JSON_READER = 'packages/core/src/bytes/json.ts';

export const JSON: readonly Attack[] = [
  {
    attack: '__proto__ as a member, on every route',
    defence: 'refused by the reader',
    file: JSON_READER,
    without: [`if (key === '"__proto__"') throw`, `if (key === '') throw`],
    test: ['packages/core/src/bytes/rfc8785.test.ts', 'refuses __proto__'],
    gain: 'members that no schema sees',
  },
  {
    attack: 'one member twice, on every route',
    defence: 'refused by the reader',
    file: JSON_READER,
    without: [
      "if (keys.has(key)) throw new CodedError('json_duplicate_key'",
      "if (key === '') throw new CodedError('json_duplicate_key'",
    ],
    test: [BODIES, 'is refused by every route when it has one member twice'],
    gain: 'two readers that disagree, one of which checks',
  },
  {
    attack: 'arrays nested 100,000 deep, on every route',
    defence: 'depth is counted before anything recurses',
    file: JSON_READER,
    without: ['if (open.length > maxDepth) {', 'if (open.length < 0) {'],
    test: ['packages/core/src/bytes/rfc8785.test.ts', 'refuses more brackets than the limit'],
    gain: 'a stack that overflows somewhere behind the reader',
  },
  {
    attack: 'invalid UTF-8, on every route',
    defence: 'text is decoded strictly',
    file: 'packages/core/src/bytes/encoding.ts',
    without: ["new TextDecoder('utf-8', { fatal: true,", "new TextDecoder('utf-8', { fatal: false,"],
    test: ['packages/core/src/bytes/rfc8785.test.ts', 'refuses invalid UTF-8 and more bytes than allowed'],
    gain: 'two names that look alike after a lenient reader',
  },
];
