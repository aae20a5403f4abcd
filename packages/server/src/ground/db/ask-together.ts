/**
 * Many questions of one kind by one statement: those that come in one turn of the event loop travel together. None is
 * answered from before it was asked, so an answer is as fresh as that of a statement of its own. `ask` gets each key
 * once for each who asks, and answers in their order; when it fails, it fails for all of them.
 */
export function askTogether<K, V>(
  ask: (keys: readonly K[]) => Promise<readonly (V | undefined)[]>,
): (key: K) => Promise<V | undefined> {
  let waiting: Waiting<K, V>[] = [];
  const send = async (): Promise<void> => {
    const asked = waiting;
    waiting = [];
    try {
      const answers = await ask(asked.map(({ key }) => key));
      for (const [index, { answer }] of asked.entries()) answer(answers[index]);
    } catch (error) {
      for (const { fail } of asked) fail(error);
    }
  };
  return (key) =>
    new Promise((answer, fail) => {
      if (waiting.push({ key, answer, fail }) === 1) setImmediate(() => void send());
    });
}

interface Waiting<K, V> {
  readonly key: K;
  readonly answer: (value: V | undefined) => void;
  readonly fail: (error: unknown) => void;
}
