import { instantOf, instantOrNull, type SegmentStatus, type SegmentType } from '#database';
import { realTime } from '#kernel';
import type { Freshness, SegmentDto } from './dto/segment.dto.js';

/** A row of `readSegments`. */
export interface SegmentRow {
  id: string; name: string; description: string | null; type: SegmentType; status: SegmentStatus; workspace_id: string | null;
  rules: object | null; rules_version: number; rule_text: string | null; labels: string[];
  notes: string | null; owner: string | null; revision: number;
  created_by: string; created_at: string; updated_at: string; position: string;
  contact_count: string; as_of: string | null; owed: 'nothing' | 'full'; pending_since: string | null; due_at: string | null; refreshing: boolean;
  last_status: 'succeeded' | 'failed' | null; last_error: string | null;
  done_mode: string | null; evaluated: string; added: string; removed: string; duration_ms: number;
}

/** A segment as the interface shows it. */
export function segmentDto(row: SegmentRow): SegmentDto {
  const freshness = freshnessOf(row);
  return {
    id: row.id, name: row.name, description: row.description, type: row.type, status: row.status, workspaceId: row.workspace_id,
    rules: row.rules, rulesVersion: row.rules_version, revision: row.revision, ruleText: row.rule_text, contactCount: Number(row.contact_count),
    freshness,
    lastRefreshedAt: row.type === 'static' ? null : instantOrNull(row.as_of)?.toISOString() ?? null,
    pendingSince: instantOrNull(row.pending_since)?.toISOString() ?? null,
    lastRefresh: row.done_mode === null ? null : {
      mode: row.done_mode, evaluated: Number(row.evaluated), added: Number(row.added), removed: Number(row.removed),
      durationMs: Number(row.duration_ms),
    },
    refreshError: row.last_status === 'failed' ? row.last_error : null,
    notes: row.notes, owner: row.owner, labels: row.labels, createdBy: row.created_by, createdAt: instantOf(row.created_at).toISOString(),
    updatedAt: instantOf(row.updated_at).toISOString(),
  };
}

/** A tenant with due segments is rung for every few seconds: who is overdue by so much is looked at by nobody. */
const overdueMs = 60_000;

function freshnessOf(row: SegmentRow): Freshness {
  if (row.type === 'static') return 'fresh';
  if (row.refreshing) return 'refreshing';
  if (row.last_status === 'failed') return 'failed';
  return row.owed !== 'nothing' || row.pending_since !== null || row.status !== 'active' || isOverdue(row) ? 'stale' : 'fresh';
}

/** Time may have moved its members, and no worker comes to look. */
function isOverdue({ due_at: dueAt }: SegmentRow): boolean {
  const due = instantOrNull(dueAt);
  return due !== null && realTime.now().getTime() - due.getTime() > overdueMs;
}
