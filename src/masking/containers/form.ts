// What a browser's form sends (WHATWG URL §5.2): names and values between ampersands, percent-encoded.

import { valueClass } from '../packs/generic.ts';
import { decodedForm } from './encoded.ts';
import type { Container, Leaf } from './leaf.ts';

const pair = /([\w.%+[\]-]{1,100})=([^&\s=]*)/g;

export const readForm: Container = (text) => {
  if (!/^\s*[\w.%+[\]-]{1,100}=[^&\s=]*(?:&[\w.%+[\]-]{1,100}=[^&\s=]*)+\s*$/.test(text)) return null;
  return Array.from(text.matchAll(pair), ({ 0: whole, 1: name = '', 2: value = '', index }): Leaf => {
    const start = index + whole.length - value.length;
    const leaf: Leaf = {
      start,
      end: start + value.length,
      value,
      offsets: null,
      cls: valueClass(decodeName(name)),
      reads: 'record',
      encode: (replacement) => encodeURIComponent(replacement ?? ''),
    };
    return decodedForm(leaf);
  });
};

function decodeName(name: string): string {
  return name.replace(/%5[BD]|[+[\]]/gi, ' ').trim();
}
