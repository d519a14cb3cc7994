// Pinned tool definitions in state/store.db. Names and definitions are words of a server, which may be anything: all of it
// is kept sealed, under a keyed name.

import type { DatabaseSync } from 'node:sqlite';
import type { ToolPin, ToolPinStore } from '../../ports/tool-pins.ts';
import { bytesOf, transaction } from './database.ts';
import type { Seal } from './seal.ts';

export const toolPinsTable = `CREATE TABLE tool_pins (
     name BLOB PRIMARY KEY,
     sealed BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;`;

export function toolPinsIn(database: DatabaseSync, seal: Seal): ToolPinStore {
  const all = database.prepare('SELECT name, sealed FROM tool_pins');
  const write = database.prepare(
    'INSERT INTO tool_pins (name, sealed) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed',
  );
  return {
    list: () =>
      all.all().map((row) => {
        const pin: ToolPin = JSON.parse(seal.open(bytesOf(row, 'sealed'), placeOf(bytesOf(row, 'name'))));
        return pin;
      }),
    save: (pins) =>
      transaction(database, () => {
        for (const pin of pins) {
          const name = seal.name(JSON.stringify([pin.kind ?? 'tool', pin.connection, pin.tool]));
          write.run(name, seal.close(JSON.stringify(pin), placeOf(name)));
        }
      }),
  };
}

function placeOf(name: Uint8Array): string {
  return `tool ${Buffer.from(name).toString('hex')}`;
}
