// Destroys payloads for good: wrapped keys are overwritten, synced and removed, ciphertext is taken out of its pack.
// It decides nothing, and touches no pack that is still being written.

import { decodePackHeader, encodePack, packHeaderBytes, packIndex, packPath } from '../../audit/payload-pack.ts';
import { blobKeyId } from '../../audit/payload-seal.ts';
import { keyFile, noSession } from '../../audit/session-key.ts';
import { tileWidth } from '../../audit/tree.ts';
import type { Destruction, PayloadKeep } from '../../ports/payload-keep.ts';
import type { Storage } from '../../ports/storage.ts';
import { DurableFiles } from './durable-files.ts';
import type { Journal } from './journal.ts';
import { erase } from './overwriting.ts';
import type { PayloadFiles } from './payload-files.ts';

const ledgerFile = 'retention.json';

export class PayloadShredder implements PayloadKeep {
  readonly #storage: Storage;
  /** Its own: what it waits for is nothing the log's writer waits for. */
  readonly #files: DurableFiles;
  readonly #payloads: PayloadFiles;
  readonly #journal: Journal;

  constructor(storage: Storage, payloads: PayloadFiles, journal: Journal) {
    this.#storage = storage;
    this.#files = new DurableFiles(storage);
    this.#payloads = payloads;
    this.#journal = journal;
  }

  async readLedger(): Promise<string | undefined> {
    const bytes = await this.#storage.read(ledgerFile);
    return bytes && Buffer.from(bytes).toString();
  }

  saveLedger(text: string): Promise<void> {
    return this.#files.replace(ledgerFile, Buffer.from(text), { temporary: `${ledgerFile}.next` });
  }

  endSegment(): void {
    this.#journal.endSegment();
  }

  async keysOf({ sessions, packs }: Destruction): Promise<readonly string[]> {
    for (const id of sessions) this.#payloads.forget(id);
    const doomed = new Set(sessions);
    const general = new Set<string>();
    for (const pack of packs)
      for (const { blob } of await this.#blobsOf(pack)) general.add(keyFile(noSession, blobKeyId(blob)));
    const names = await this.#storage.list('keys');
    return names.filter(
      (name) =>
        general.has(name) || (doomed.has(name.slice(0, name.lastIndexOf('.'))) && !this.#payloads.isInUse(name)),
    );
  }

  async destroyKeys(names: readonly string[]): Promise<void> {
    for (const name of names) await erase(this.#storage, `keys/${name}`);
    if (names.length > 0) await this.#storage.syncDirectory('keys');
  }

  async dropPayloads(pack: number, seqs: ReadonlySet<number>): Promise<boolean> {
    if (pack >= packIndex(this.#payloads.edge)) return false;
    const path = `payloads/${packPath(pack * tileWidth)}`;
    const blobs = await this.#blobsOf(pack);
    const kept = blobs.filter(({ seq }) => !seqs.has(seq));
    if (kept.length === blobs.length) return true;
    if (kept.length > 0) {
      await this.#files.replace(path, Buffer.concat(encodePack(kept)), { temporary: 'pack.next' });
    } else {
      await this.#storage.remove(path);
      await this.#storage.syncDirectory(path.slice(0, path.lastIndexOf('/')));
    }
    return true;
  }

  async #blobsOf(pack: number): Promise<{ readonly seq: number; readonly blob: Uint8Array }[]> {
    const bytes = (await this.#storage.read(`payloads/${packPath(pack * tileWidth)}`)) ?? new Uint8Array();
    const blobs = [];
    for (let at = 0; ; ) {
      const header = decodePackHeader(bytes.subarray(at));
      const end = at + packHeaderBytes + (header?.blobBytes ?? 0);
      if (!header || end > bytes.length) return blobs;
      blobs.push({ seq: header.seq, blob: bytes.subarray(at + packHeaderBytes, end) });
      at = end;
    }
  }
}
