// Whose answer a text was meant to be that is no message: cut off, written into by somebody else, in no UTF-8. Must never take for an
// answer what a program only prints, or what asks for something.

const value = /\s*:\s*(?:"?(\d{1,15})"?\s*[,}\]])?/y;
const answering = new Set(['result', 'error']);
const first = new Set(['jsonrpc', 'id', ...answering]);
const latin = new TextDecoder('latin1');

/** The id it has, as far as it says; null where it is no answer. */
export function idOfBroken(bytes: Uint8Array): number | 'unsaid' | null {
  // Of UTF-8 no byte of another letter is a sign of JSON.
  const text = latin.decode(bytes);
  const start = /^[^{"]{0,16}\{/.exec(text)?.[0].length ?? 0;
  if (start === 0) return null;
  const ids = new Set<number>();
  let isFirst = true;
  let isAnswer = false;
  let isRpc = false;
  let depth = 1;
  for (let at = start; at < text.length && depth > 0; at++) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    if (character !== '"') continue;
    const end = stringEnd(text, at);
    // Nobody knows where it would have ended.
    if (end < 0) break;
    const name = text.slice(at + 1, end);
    at = end;
    if (depth > 1) continue;
    value.lastIndex = at + 1;
    const member = value.exec(text);
    if (!member) continue;
    if (name === 'method' || (isFirst && !first.has(name))) return null;
    isFirst = false;
    if (answering.has(name)) isAnswer = true;
    if (name === 'jsonrpc') isRpc = true;
    if (name === 'id' && member[1] !== undefined) ids.add(Number(member[1]));
  }
  // What is whole, and asks for nothing, can be nothing else.
  if (!isAnswer && !(isRpc && depth === 0)) return null;
  const [id, ...others] = ids;
  return id === undefined || others.length > 0 ? 'unsaid' : id;
}

/** Index of the closing quote, or -1. No pattern: strings are as long as lines may be. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charAt(end - 1 - slashes) === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}
