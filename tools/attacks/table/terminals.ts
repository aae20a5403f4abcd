import type { Attack } from '../attack.ts';

/** What the CLI shows of what strangers wrote. */
export const TERMINALS: readonly Attack[] = [
  {
    attack: 'A name with control characters, in a result that a person asks for as YAML',
    defence: '`core/yaml`: such a text is quoted, and the characters are escaped in it',
    file: 'packages/core/src/yaml/write.ts',
    without: ["return text.replaceAll(new RegExp(UNSEEN, 'g'), escapeOf);", 'return text;'],
    test: [
      'packages/core/src/yaml/write.test.ts',
      'lets no sign reach a terminal that it would obey, or that turns text around',
    ],
    gain: 'moves the cursor and rewrites the verdict that is on the screen',
  },
];
