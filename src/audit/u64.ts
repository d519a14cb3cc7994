// Numbers of entries and of bytes as the log's files hold them: eight bytes, big-endian.

/** `value`: a safe integer, not negative. */
export function writeU64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
