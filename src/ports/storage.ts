// The file operations the log is built on, few enough that a test can fail or kill every single one of them.
// Paths are relative to the state directory, with `/`. Every method rejects with the system's error.

export interface StorageFile {
  /** Writes all of it at `position`, or rejects: a short write is an error. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Content and length are on disk when it resolves. Never called again after it rejected. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly secret?: boolean;
  /** What `write` has written is on disk when it resolves, without a `sync`. */
  readonly durable?: boolean;
  /** Whatever it held is gone. */
  readonly empty?: boolean;
}

export interface Storage {
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** At most `bytes` bytes from `offset`; undefined when there is no such file. */
  readAt(path: string, offset: number, bytes: number): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted; none when there is no such directory. */
  list(directory: string): Promise<readonly string[]>;
  /** For reading and writing; created (readable by its owner alone where `secret`) when there is none. */
  open(path: string, options?: OpenOptions): Promise<StorageFile>;
  /** Bytes of a file; undefined when there is none. */
  sizeOf(path: string): Promise<number | undefined>;
  /** Bytes that may still be written, to whoever asks; infinite where the file system does not say. */
  freeBytes(): Promise<number>;
  rename(from: string, to: string): Promise<void>;
  /** A file or an empty directory. */
  remove(path: string): Promise<void>;
  /** One level; no error when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Names in the directory are on disk when it resolves. */
  syncDirectory(path: string): Promise<void>;
}
