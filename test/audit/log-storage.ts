// A disk in memory that can fail, be killed and lose power at any of its calls, with what a real one may keep or lose.

import type { ReadOnlyFiles } from '../../src/audit/verify-sources.ts';
import type { OpenOptions, Storage, StorageFile } from '../../src/ports/storage.ts';

/** With ENOSPC and `kill` half of a write arrives: a short write. */
export type Fault = 'EIO' | 'ENOSPC' | 'kill';

interface Inode {
  now: Uint8Array;
  synced: Uint8Array;
  /** Whether the two may differ. */
  dirty: boolean;
}

const directory: Inode = { now: new Uint8Array(), synced: new Uint8Array(), dirty: false };

export class MemoryDisk implements Storage {
  calls = 0;
  /** Bytes that fit; those of files, not of names. */
  capacity: number = Number.POSITIVE_INFINITY;
  readonly trace: string[] = [];
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  #fault: { readonly kind: Fault; readonly at: (call: number, what: string) => boolean } | undefined;
  #dead = false;

  failAt(call: number, kind: Fault): this {
    this.#fault = { kind, at: (each) => each === call };
    return this;
  }

  /** At the `nth` of the calls that the trace names so, counted from 0: for calls whose place among others is not always the same. */
  failAtNth(nth: number, what: string, kind: Fault): this {
    let seen = 0;
    this.#fault = { kind, at: (_, each) => each === what && seen++ === nth };
    return this;
  }

  /** What a new process finds: all that was written (`kill`), or what the disk kept; `chance` says of each doubtful thing whether it stayed. */
  reborn(power: 'kept' | 'lost', chance: () => boolean = () => false): MemoryDisk {
    const disk = new MemoryDisk();
    disk.capacity = this.capacity;
    const keep = (path: string) => {
      const [now, synced] = [this.#names.get(path), this.#syncedNames.get(path)];
      return power === 'kept' || (now !== synced && chance()) ? now : synced;
    };
    for (const path of [...new Set([...this.#names.keys(), ...this.#syncedNames.keys()])].sort()) {
      const inode = keep(path);
      if (!inode || (parentOf(path) !== '' && !disk.#names.has(parentOf(path)))) continue;
      if (inode === directory) disk.#names.set(path, directory);
      else {
        const content = power === 'kept' ? inode.now.slice() : survived(inode, chance);
        disk.#names.set(path, { now: content, synced: content, dirty: false });
      }
    }
    disk.#syncedNames = new Map(disk.#names);
    return disk;
  }

  files(root: string): ReadOnlyFiles {
    const prefix = root === '' ? '' : `${root}/`;
    return {
      read: async (path) => this.#names.get(prefix + path)?.now,
      readAt: async (path, offset, bytes) => this.#names.get(prefix + path)?.now.subarray(offset, offset + bytes),
      list: async () =>
        [...this.#names]
          .filter(([path, inode]) => inode !== directory && path.startsWith(prefix))
          .map(([path]) => path.slice(prefix.length)),
    };
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    this.#call('read', path);
    return this.#names.get(path)?.now.slice();
  }

  async readAt(path: string, offset: number, bytes: number): Promise<Uint8Array | undefined> {
    this.#call('readAt', path);
    return this.#names.get(path)?.now.slice(offset, offset + bytes);
  }

  async list(path: string): Promise<readonly string[]> {
    this.#call('list', path);
    return [...this.#names.keys()]
      .filter((each) => parentOf(each) === path && each !== '')
      .map((each) => each.slice(path === '' ? 0 : path.length + 1))
      .sort();
  }

  async open(path: string, { durable = false, empty = false }: OpenOptions = {}): Promise<StorageFile> {
    this.#call('open', path);
    this.#expectParent(path);
    const inode = this.#names.get(path) ?? { now: new Uint8Array(), synced: new Uint8Array(), dirty: false };
    this.#names.set(path, inode);
    if (empty) truncate(inode, 0);
    return {
      write: async (chunks, position) => {
        const bytes = Buffer.concat(chunks);
        try {
          this.#call('write', path);
        } catch (error) {
          if (this.#fault?.kind !== 'EIO') overwrite(inode, bytes.subarray(0, bytes.length >> 1), position);
          throw error;
        }
        const room = Math.max(0, this.#free() + inode.now.length - position);
        const before = inode.dirty;
        overwrite(inode, bytes.subarray(0, room), position);
        if (bytes.length > room) throw systemError('ENOSPC');
        if (durable) sync(inode, before ? undefined : { bytes, position });
      },
      sync: async () => {
        this.#call('sync', path);
        sync(inode);
      },
      truncate: async (bytes) => {
        this.#call('truncate', path);
        truncate(inode, bytes);
      },
      close: async () => {},
    };
  }

  async sizeOf(path: string): Promise<number | undefined> {
    this.#call('sizeOf', path);
    return this.#names.get(path)?.now.length;
  }

  async freeBytes(): Promise<number> {
    this.#call('freeBytes', '');
    return this.#free();
  }

  async rename(from: string, to: string): Promise<void> {
    this.#call('rename', from);
    const inode = this.#names.get(from);
    if (!inode) throw systemError('ENOENT');
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  async remove(path: string): Promise<void> {
    this.#call('remove', path);
    if (!this.#names.has(path)) throw systemError('ENOENT');
    if ([...this.#names.keys()].some((each) => parentOf(each) === path)) throw systemError('ENOTEMPTY');
    this.#names.delete(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.#call('makeDirectory', path);
    if (path === '') return;
    this.#expectParent(path);
    if (this.#names.has(path)) throw systemError('EEXIST');
    this.#names.set(path, directory);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#call('syncDirectory', path);
    const inside = (each: string) => parentOf(each) === path;
    for (const name of [...this.#syncedNames.keys()].filter(inside)) this.#syncedNames.delete(name);
    for (const [name, inode] of this.#names) if (inside(name)) this.#syncedNames.set(name, inode);
  }

  #free(): number {
    if (this.capacity === Number.POSITIVE_INFINITY) return this.capacity;
    const used = [...new Set(this.#names.values())].reduce((sum, { now }) => sum + now.length, 0);
    return Math.max(0, this.capacity - used);
  }

  #expectParent(path: string): void {
    if (parentOf(path) !== '' && this.#names.get(parentOf(path)) !== directory) throw systemError('ENOENT');
  }

  #call(what: string, path: string): void {
    if (this.#dead) throw systemError('EKILLED');
    this.calls++;
    this.trace.push(`${what} ${path}`);
    if (!this.#fault?.at(this.calls, `${what} ${path}`)) return;
    if (this.#fault.kind === 'kill') this.#dead = true;
    throw systemError(this.#fault.kind === 'kill' ? 'EKILLED' : this.#fault.kind === 'EIO' ? 'EIO' : 'ENOSPC');
  }
}

function overwrite(inode: Inode, bytes: Uint8Array, position: number): void {
  if (inode.now === inode.synced || position + bytes.length > inode.now.length) {
    const now = new Uint8Array(Math.max(inode.now.length, position + bytes.length));
    now.set(inode.now);
    inode.now = now;
  }
  inode.now.set(bytes, position);
  inode.dirty = true;
}

/** `written`: all that may differ. */
function sync(inode: Inode, written?: { readonly bytes: Uint8Array; readonly position: number }): void {
  if (written && inode.synced.length === inode.now.length) inode.synced.set(written.bytes, written.position);
  else inode.synced = inode.now.slice();
  inode.dirty = false;
}

function truncate(inode: Inode, bytes: number): void {
  inode.now = inode.now.slice(0, bytes);
  inode.dirty = true;
}

/** Unsynced pages stay or do not, each for itself; one that does not is what was there, or zeros. */
function survived({ now, synced }: Inode, chance: () => boolean): Uint8Array {
  if (Buffer.compare(now, synced) === 0 || !chance()) return synced.slice();
  const content = new Uint8Array(now.length);
  content.set(synced.subarray(0, now.length));
  for (let page = 0; page < now.length; page += 512) if (chance()) content.set(now.subarray(page, page + 512), page);
  return content;
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
