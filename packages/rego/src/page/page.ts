/** The page: evaluates what its fields hold, at once and at every press of the button. */
import { evaluateTexts } from './evaluate-texts.ts';

/** As much of the browser's document as the page needs. */
interface Element {
  value: string;
  textContent: string | null;
  addEventListener(type: 'click', listener: () => void): void;
}
declare const document: { getElementById(id: string): Element | null };

function element(id: string): Element {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

function show(): void {
  const texts = {
    policy: element('policy').value,
    input: element('input').value,
    data: element('data').value,
    expression: element('expression').value,
  };
  element('result').textContent = evaluateTexts(texts, BigInt(Date.now()) * 1_000_000n);
}

element('run').addEventListener('click', show);
show();
