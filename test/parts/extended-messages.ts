// Messages of the extended protocol as tests write them, unnamed unless said otherwise, and a transcript of what came back.

import { decodeNoticeFields } from '../../src/wire/postgres/error-fields.ts';
import { encodeBind, encodeExecute, encodeParse } from '../../src/wire/postgres/extended.ts';
import type { Frame } from '../../src/wire/postgres/frame.ts';
import { decodeDataRow } from '../../src/wire/postgres/rows.ts';

export function parse(text: string, name = ''): Buffer {
  return encodeParse({ name, text, parameterTypes: [] });
}

/** `format`: of all results, 0 text, 1 binary. */
export function bind(
  statement = '',
  portal = '',
  parameters: readonly (string | null)[] = [],
  format: 0 | 1 = 0,
): Buffer {
  const values = parameters.map((each) => (each === null ? null : Buffer.from(each)));
  return encodeBind({ portal, statement, parameterFormats: [], parameters: values, resultFormats: [format] });
}

export function execute(portal = '', rowsMax = 0): Buffer {
  return encodeExecute({ portal, rowsMax });
}

/** One letter a message; rows, COPY data and errors with what they carry: `1 2 D(1,***-**-6789) C Z`. */
export function told(frames: readonly Frame[]): string {
  return frames
    .map(({ type, body }) => {
      const letter = String.fromCharCode(type);
      if (letter === 'D') return `D(${decodeDataRow(body).map(String).join(',')})`;
      if (letter === 'd') return `d(${body.toString('latin1').replaceAll('\n', '')})`;
      return letter === 'E' ? `E(${decodeNoticeFields(body).get('C')})` : letter;
    })
    .join(' ');
}
