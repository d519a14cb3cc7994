// XML and HTML with the offset of every text and attribute. It survives what is not well-formed: a stray sign is text, and a
// tag that was never closed ends with the one around it.

import { cdaAttribute, cdaText } from '../packs/ccda.ts';
import { fieldClass } from '../packs/generic.ts';
import { type Container, type Leaf } from './leaf.ts';

const depthMax = 1_000;

export const readXml: Container = (text) => {
  if (!/^\s*<(?:\?xml|!--|!DOCTYPE|[A-Za-z])/.test(text) || !text.includes('>')) return null;
  const leaves: Leaf[] = [];
  const isCda = text.includes('urn:hl7-org:v3');
  const open: string[] = [];
  let at = 0;
  const content = (end: number): void => {
    if (end > at && /\S/.test(text.slice(at, end))) leaves.push(textLeaf(text, at, end, open, isCda));
  };
  markup.lastIndex = 0;
  for (let match = markup.exec(text); match; match = markup.exec(text)) {
    content(match.index);
    at = match.index + match[0].length;
    const [whole, comment, data, close, name] = match;
    if (comment !== undefined) leaves.push({ ...plainLeaf(text, match.index + 4, at - 3), prose: false });
    else if (data !== undefined) leaves.push(plainLeaf(text, match.index + 9, at - 3));
    else if (close !== undefined) pop(open, localName(close));
    else if (name !== undefined) {
      const element = localName(name);
      attributes(text, match.index + 1 + name.length, at, [...open, element], isCda, leaves);
      if (!whole.endsWith('/>') && !(open[0] === 'html' && empty.has(element)) && open.length < depthMax)
        open.push(element);
    }
  }
  content(text.length);
  return leaves;
};

const markup =
  /<!--((?:[^-]|-(?!->))*)-->|<!\[CDATA\[((?:[^\]]|\](?!\]>))*)\]\]>|<\?[^>]*>|<![A-Za-z][^>]*>|<\/([A-Za-z_][\w:.-]*)\s*>|<([A-Za-z_][\w:.-]*)(?:\s+(?:[^<>"']|"[^"<]*"|'[^'<]*')*)?\/?>/g;
const attribute = /([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const empty: ReadonlySet<string> = new Set('br hr img input meta link col'.split(' '));

function pop(open: string[], name: string): void {
  const from = open.lastIndexOf(name);
  if (from !== -1) open.length = from;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function attributes(
  text: string,
  from: number,
  to: number,
  path: readonly string[],
  isCda: boolean,
  leaves: Leaf[],
): void {
  const tag = text.slice(from, to);
  const all = Array.from(tag.matchAll(attribute), (match) => {
    const value = match[2] ?? match[3] ?? '';
    const end = from + match.index + match[0].length - 1;
    return { name: match[1] ?? '', value, start: end - value.length, end };
  });
  for (const { name, value, start, end } of all) {
    if (value === '' || name.startsWith('xmlns') || name.startsWith('xsi:')) continue;
    const others = Object.fromEntries(all.map((each) => [each.name, each.value]));
    const cls = isCda ? cdaAttribute(path, name, value, others) : (fieldClass(name) ?? undefined);
    leaves.push({ ...decoded(text, start, end), cls, prose: false, encode: entities });
  }
}

function textLeaf(text: string, start: number, end: number, open: readonly string[], isCda: boolean): Leaf {
  const cls = isCda ? cdaText(open) : open.map(fieldClass).findLast((each) => each !== undefined);
  return { ...decoded(text, start, end), cls, prose: !isCda, encode: entities };
}

function plainLeaf(text: string, start: number, end: number): Leaf {
  return {
    start,
    end,
    value: text.slice(start, end),
    offsets: null,
    cls: undefined,
    prose: true,
    encode: (each) => each ?? '',
  };
}

type Decoded = Pick<Leaf, 'start' | 'end' | 'value' | 'offsets'>;

const reference = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g;
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decoded(text: string, start: number, end: number): Decoded {
  const raw = text.slice(start, end);
  if (!raw.includes('&')) return { start, end, value: raw, offsets: null };
  const offsets: number[] = [];
  let value = '';
  let at = 0;
  const copy = (to: number): void => {
    for (; at < to; at++) offsets.push(start + at);
  };
  for (const match of raw.matchAll(reference)) {
    value += raw.slice(at, match.index);
    copy(match.index);
    const code = match[1] === undefined ? Number.parseInt(match[2] ?? '', 16) : Number(match[1]);
    const char = named[match[3] ?? ''] ?? (code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD');
    for (let unit = 0; unit < char.length; unit++) offsets.push(start + at);
    value += char;
    at = match.index + match[0].length;
  }
  value += raw.slice(at);
  copy(raw.length);
  offsets.push(end);
  return { start, end, value, offsets };
}

function entities(replacement: string | null): string {
  return (replacement ?? '').replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
