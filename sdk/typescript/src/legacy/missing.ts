/**
 * What published releases had and the engine lacks: version control and data sets. The names are here so that code and type
 * checkers find them; every use is refused with the code `not-available`. Nothing is pretended.
 */

import { PanprotoUsageError } from '../errors.js';
import type { Schema } from '../schema.js';
import { dispose } from '../stored.js';
import type { WasmModule } from './module.js';
import type { MigrationResult, StalenessResult, VcsBlameResult, VcsLogEntry, VcsOpResult, VcsStatus } from './types-missing.js';

const WHY = {
  Repository: ['version control of schemas is not part of the engine yet', 'keep schemas in git, and compare versions with `old.diff(next)`'],
  DataSetHandle: ['data sets are not part of the engine yet', 'convert records with a lens: `lens.convert`, `lens.getNdjson` and `lens.putNdjson`'],
} as const;

/** The error of a name that is not available. */
function refused(name: keyof typeof WHY): PanprotoUsageError {
  const [why, help] = WHY[name];
  return new PanprotoUsageError(`\`${name}\` is not available: ${why}`, { code: 'not-available', path: name, help });
}

/** A history of schemas. Not available: every use is an error of code `not-available`. */
export class Repository {
  private constructor() {
    throw refused('Repository');
  }

  /** Not available. */
  static init(_protocolName: string, _wasm?: WasmModule): Repository {
    throw refused('Repository');
  }

  /** Not available. */
  get protocolName(): string {
    throw refused('Repository');
  }

  /** Not available. */
  add(_schema: Schema): { schemaId: string } {
    throw refused('Repository');
  }

  /** Not available. */
  commit(_message: string, _author: string): Uint8Array {
    throw refused('Repository');
  }

  /** Not available. */
  log(_count?: number): VcsLogEntry[] {
    throw refused('Repository');
  }

  /** Not available. */
  status(): VcsStatus {
    throw refused('Repository');
  }

  /** Not available. */
  diff(): unknown {
    throw refused('Repository');
  }

  /** Not available. */
  branch(_name: string): VcsOpResult {
    throw refused('Repository');
  }

  /** Not available. */
  checkout(_target: string): VcsOpResult {
    throw refused('Repository');
  }

  /** Not available. */
  merge(_branchName: string): VcsOpResult {
    throw refused('Repository');
  }

  /** Not available. */
  stash(): VcsOpResult {
    throw refused('Repository');
  }

  /** Not available. */
  stashPop(): VcsOpResult {
    throw refused('Repository');
  }

  /** Not available. */
  blame(_vertexId: string): VcsBlameResult {
    throw refused('Repository');
  }

  /** Nothing to let go of. */
  [dispose](): void {}
}

/** Records with the schema that they have. Not available: every use is an error of code `not-available`. */
export class DataSetHandle {
  private constructor() {
    throw refused('DataSetHandle');
  }

  /** Not available. */
  static fromData(_data: unknown, _schema: Schema, _wasm?: WasmModule): DataSetHandle {
    throw refused('DataSetHandle');
  }

  /** Not available. */
  getData(): unknown {
    throw refused('DataSetHandle');
  }

  /** Not available. */
  migrateForward(_srcSchema: Schema, _tgtSchema: Schema): MigrationResult {
    throw refused('DataSetHandle');
  }

  /** Not available. */
  migrateBackward(_complement: Uint8Array, _srcSchema: Schema, _tgtSchema: Schema): DataSetHandle {
    throw refused('DataSetHandle');
  }

  /** Not available. */
  isStale(_schema: Schema): StalenessResult {
    throw refused('DataSetHandle');
  }

  /** Nothing to let go of. */
  [dispose](): void {}
}
