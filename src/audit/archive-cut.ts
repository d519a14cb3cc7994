// Which files of a log an archive needs, from one size of the tree to another; and which of them are the log at that size.
// Full tiles and packs are archived once; of the unfinished ones at the edge, each cut has its own. Wrapped keys never are, nor is
// the journal, which holds them: what is archived cannot be taken back, and shredding has to.

import { packIndex, packPath } from './payload-pack.ts';
import { parseTilePath, type TileLevel, tilePath, widthAt } from './tile.ts';
import { hashesAt, tileWidth } from './tree.ts';

/** Where a file stands in the state directory, and in the archive. */
export interface CutFile {
  readonly path: string;
  readonly archived: string;
}

/** Tiles, entries and packs that are full at `to` and were not at `from`. */
export function* fullFiles(from: number, to: number): Generator<CutFile> {
  for (const level of levelsOf(to)) {
    for (let index = tilesAt(level, from); index < tilesAt(level, to); index++) {
      const path = `log/${tilePath({ level, index, width: tileWidth })}`;
      yield { path, archived: path };
    }
  }
  for (let pack = packIndex(from); pack < packIndex(to); pack++) {
    const path = `payloads/${packPath(pack * tileWidth)}`;
    yield { path, archived: path };
  }
}

/** The unfinished ones at the edge of a tree of `size`, without the pack. */
export function edgeTiles(size: number): string[] {
  return levelsOf(size).flatMap((level) => {
    const index = tilesAt(level, size);
    const width = widthAt(level, index, size);
    return width > 0 ? [`log/${tilePath({ level, index, width })}`] : [];
  });
}

/** The pack at the edge as it is archived at `size`; null when there is nothing at the edge. */
export function edgePack(size: number): CutFile | null {
  const width = size % tileWidth;
  const path = `payloads/${packPath(size)}`;
  return width === 0 ? null : { path, archived: `${path}.p/${width}` };
}

/** Where an archived file stands in the log at `size`; undefined for one that is no part of it any more, or not yet. */
export function fileAt(archived: string, size: number): string | undefined {
  const tile = archived.startsWith('log/') ? parseTilePath(archived.slice('log/'.length)) : undefined;
  if (tile) return widthAt(tile.level, tile.index, size) === tile.width ? archived : undefined;
  const edge = edgePack(size);
  if (edge && archived === edge.archived) return edge.path;
  const digits = /^payloads\/((?:x\d{3}\/)*\d{3})\.pack$/.exec(archived)?.[1];
  if (digits === undefined) return undefined;
  return Number(digits.replaceAll(/[x/]/g, '')) < packIndex(size) ? archived : undefined;
}

function levelsOf(size: number): TileLevel[] {
  const levels: TileLevel[] = ['entries'];
  for (let level = 0; hashesAt(level, size) > 0; level++) levels.push(level);
  return levels;
}

function tilesAt(level: TileLevel, size: number): number {
  return Math.floor(hashesAt(level === 'entries' ? 0 : level, size) / tileWidth);
}
