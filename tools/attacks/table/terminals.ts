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
  {
    attack: 'A server whose names of projects are commands, and a person who presses the tab key',
    defence: '`completion/complete.ts`: only plain names are handed to the shell',
    file: 'packages/cli/src/completion/complete.ts',
    without: ['value.startsWith(current) && isPlain(value)', 'value.startsWith(current)'],
    test: [
      'packages/cli/src/completion/complete.test.ts',
      'asks the server for names, and hands on none that a shell would run',
    ],
    gain: 'runs what it likes as the person, at the next line that is sent off',
  },
  {
    attack: 'A material, commit or message that is Markdown or HTML, on the page of the pipeline',
    defence: '`summary/markdown.ts`: whatever is no letter or digit is a reference of a character',
    file: 'packages/cli/src/summary/markdown.ts',
    without: ['.replaceAll(PLAIN, reference)', ''],
    test: [
      'packages/cli/src/summary/markdown.test.ts',
      'leaves nothing that Markdown, HTML or GitHub takes for more than text, and shows the text as it is',
    ],
    gain: 'a verdict of its own below the one of the server, and links in its name',
  },
];
