const ESCAPE = '\u001b';

/**
 * Text that other people had a hand in, fit for a terminal: control characters become spaces, so that it cannot move
 * the cursor or rename the window. Line breaks stay, and the colour codes that this program writes itself.
 */
export function printable(text: string): string {
  let safe = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const colour = char === ESCAPE ? colourCodeAt(text, at) : '';
    if (colour !== '') {
      safe += colour;
      at += colour.length - 1;
    } else safe += isControl(text.charCodeAt(at)) ? ' ' : char;
  }
  return safe;
}

/** As `printable`, on one line. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/\r?\n/g, ' '));
}

/** Columns that the text takes up: colour codes take none. */
export function widthOf(text: string): number {
  let width = 0;
  for (let at = 0; at < text.length; at++) {
    const colour = text.charAt(at) === ESCAPE ? colourCodeAt(text, at) : '';
    if (colour === '') width++;
    else at += colour.length - 1;
  }
  return width;
}

function colourCodeAt(text: string, at: number): string {
  const found = /^\[[0-9;]{0,8}m/.exec(text.slice(at + 1, at + 12));
  return found ? ESCAPE + found[0] : '';
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f);
}
