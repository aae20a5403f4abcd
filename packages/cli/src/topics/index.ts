export interface Topic {
  readonly summary: string;
  readonly load: () => Promise<{ readonly text: () => string | Promise<string> }>;
}

/** What is about no single command. No topic has the name of a command. */
export const TOPICS: Readonly<Record<string, Topic>> = {
  'exit-codes': { summary: 'What a script may rely on', load: () => import('./exit-codes.ts') },
  environment: { summary: 'Environment variables', load: () => import('./environment.ts') },
  files: { summary: 'What is kept where: logins, open attestations', load: () => import('./files.ts') },
  output: { summary: 'Tables, JSON, YAML, messages, colours', load: () => import('./output.ts') },
  ci: { summary: 'How a job signs in, with and without a secret', load: () => import('./ci.ts') },
  runners: {
    summary: 'CI systems: how they are recognised, what is recorded',
    load: () => import('./runners.ts'),
  },
  materials: { summary: 'Kinds of materials, and how one is told', load: () => import('./materials.ts') },
  identity: { summary: 'Who signs, and who must have signed', load: () => import('./identity.ts') },
  lifecycle: {
    summary: 'A run from init to verdict, and what to do when a step fails',
    load: () => import('./lifecycle.ts'),
  },
};

export function topicList(): string {
  const width = Math.max(...Object.keys(TOPICS).map((name) => name.length));
  return [
    'Usage: waybill help TOPIC',
    '',
    'Topics:',
    ...Object.entries(TOPICS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'See waybill --help for commands.',
  ].join('\n');
}

/** A topic as the terminal shows it. */
export async function topicText(name: string): Promise<string> {
  const topic = TOPICS[name];
  if (topic === undefined) throw new TypeError(`no topic ${name}`);
  const { text } = await topic.load();
  return `${topic.summary}\n\n${await text()}`;
}
