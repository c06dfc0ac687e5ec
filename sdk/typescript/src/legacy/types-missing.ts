/**
 * Shapes of what the engine lacks.
 */

import type { DataSetHandle } from './missing.js';

/** Data that was moved, and what that cannot tell. */
export interface MigrationResult {
  readonly data: DataSetHandle;
  readonly complement: Uint8Array;
}

/** Whether data is of an older schema. */
export interface StalenessResult {
  readonly stale: boolean;
  readonly dataSchemaId: string;
  readonly targetSchemaId: string;
}

/** A commit. */
export interface VcsLogEntry {
  readonly message: string;
  readonly author: string;
  readonly timestamp: number;
  readonly protocol: string;
}

/** Where a repository is. */
export interface VcsStatus {
  readonly branch: string | null;
  readonly head_commit: string | null;
}

/** What an operation of a repository did. */
export interface VcsOpResult {
  readonly success: boolean;
  readonly message: string;
}

/** Who made a vertex. */
export interface VcsBlameResult {
  readonly commit_id: string;
  readonly author: string;
  readonly timestamp: number;
  readonly message: string;
}
