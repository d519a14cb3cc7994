// The body of an answer from outside, no larger than who asked for it accepts.

/** Null: there is more than `bytesMax`; the rest is not read. */
export async function boundedBody(body: AsyncIterable<Uint8Array> | null, bytesMax: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
