// Calendars and cards (iCalendar, RFC 5545; vCard, RFC 6350): a property a line, with parameters. What a property is called says what
// its value is.

import type { PhiClass } from '../../core/phi.ts';
import { asWritten, type Container, isDate, type Leaf } from './leaf.ts';

const begins = /^[\s\uFEFF]*BEGIN:V[A-Z]{3,12}[ \t]*\r?\n/i;
/** A line that begins with a blank goes on with the one before. */
const property =
  /^((?:[\w-]{1,40}\.)?([A-Za-z][\w-]{0,40}))((?:;[\w-]{1,40}=(?:"[^"\r\n]{0,400}"|[^":;\r\n]{0,400}))*):([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/gm;
const parameter = /;([\w-]{1,40})=("?)([^";\r\n]*)\2/g;

const classes: Readonly<Record<string, PhiClass | 'clear'>> = {
  ...listed(
    'clear',
    'begin end version prodid calscale method transp status class sequence priority kind gender lang rev',
  ),
  ...listed('name', 'fn n nickname sort-string agent related'),
  ...listed('address', 'adr label geo location tz'),
  ...listed(
    'date',
    'bday anniversary deathdate dtstart dtend dtstamp due completed created last-modified recurrence-id rdate exdate',
  ),
  ...listed('phone', 'tel'),
  ...listed('email', 'email'),
  ...listed('url', 'url source'),
  ...listed('other_id', 'uid'),
  ...listed('photo', 'photo logo'),
};

export const readContentLines: Container = (text) => {
  if (!begins.test(text)) return null;
  const leaves: Leaf[] = [];
  let at = 0;
  for (const { 0: line, 2: name = '', 3: parameters = '', 4: value = '', index } of text.matchAll(property)) {
    add(text, at, index, undefined, leaves);
    const end = index + line.length;
    const start = end - value.length;
    for (const { 0: each, 1: called = '', 3: said = '', index: from } of parameters.matchAll(parameter)) {
      const last = start - 1 - parameters.length + from + each.replace(/"$/, '').length;
      add(text, last - said.length, last, /^(?:cn|dir|sent-by)$/i.test(called) ? 'name' : undefined, leaves);
    }
    add(text, start, end, isDate(value) ? 'date' : classes[name.toLowerCase()], leaves);
    at = end;
  }
  add(text, at, text.length, undefined, leaves);
  return leaves;
};

function add(text: string, start: number, end: number, cls: Leaf['cls'], leaves: Leaf[]): void {
  const value = text.slice(start, end);
  if (/\S/.test(value)) leaves.push({ start, end, value, offsets: null, cls, reads: 'record', encode: asWritten });
}

function listed<C>(cls: C, names: string): Record<string, C> {
  return Object.fromEntries(names.split(' ').map((name) => [name, cls]));
}
