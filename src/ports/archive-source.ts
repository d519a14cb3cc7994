// What archiving needs of the node it archives.

export interface ArchiveSource {
  /** A file of the state directory as it is now; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** A note signed with the log's key. */
  sign(text: string): string;
  /** How far archiving has come, as it was saved last. */
  readProgress(): Promise<string | undefined>;
  /** On disk when it resolves. */
  saveProgress(text: string): Promise<void>;
}
