import { Injectable } from '@nestjs/common';
import { Database, sql } from '#database';
import { alwaysRight, readSegmentIds, segmentNotFound, standingsOf, standingView } from '../segments/index.js';
import type { OverlapDto, OverlapPairDto } from './dto/overlap.dto.js';
import { countOverlap } from './sql/overlap.sql.js';

/** Of more segments there are more regions than a picture holds. */
const mostWithRegions = 5;

interface Pair { a: number; b: number; size: number }
interface Overlap { pairs: Pair[]; regions?: { mask: number; size: number }[] }

/** How far the members of segments are the same. */
@Injectable()
export class OverlapService {
  constructor(private readonly database: Database) {}

  /** Sizes, pairwise intersections and Jaccard's index of present members; of up to five segments the exact regions. */
  async overlap(tenantId: string, list: string, signal?: AbortSignal): Promise<OverlapDto> {
    const ids = readSegmentIds(list);
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const named = new Map((await tx.rows<{ id: string; name: string }>(sql`
        select id, name from segment where tenant_id = ${tenantId}::uuid and id = any(${ids}::uuid[])`)).map(({ id, name }) => [id, name]));
      const unknown = ids.find((id) => !named.has(id));
      if (unknown !== undefined) throw segmentNotFound(unknown);
      const { pairs, regions } = await tx.row<Overlap>(countOverlap(tenantId, ids, ids.length <= mostWithRegions)) ?? { pairs: [] };
      const standings = await standingsOf(tx, ids);
      const sizes = ids.map((_, at) => pairs.find(({ a, b }) => a === at && b === at)?.size ?? 0);
      return {
        segments: ids.map((id, at) => ({ id, name: named.get(id) ?? '', size: sizes[at] ?? 0, ...standingView(standings.get(id) ?? alwaysRight) })),
        pairs: pairs.filter(({ a, b }) => a !== b).map((pair) => pairOf(pair, ids, sizes)),
        ...(regions === undefined ? {} : {
          regions: regions.map(({ mask, size }) => ({ segmentIds: ids.filter((_, at) => (mask >> at & 1) === 1), size })),
        }),
      };
    }, signal);
  }
}

function pairOf({ a, b, size: intersection }: Pair, ids: readonly string[], sizes: readonly number[]): OverlapPairDto {
  const [ofA, ofB] = [sizes[a] ?? 0, sizes[b] ?? 0];
  const union = ofA + ofB - intersection;
  const share = (whole: number): number => (whole === 0 ? 0 : intersection / whole);
  return { a: ids[a] ?? '', b: ids[b] ?? '', intersection, union, jaccard: share(union), shareOfA: share(ofA), shareOfB: share(ofB) };
}
