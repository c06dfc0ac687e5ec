import { bytes } from '../bytes.js';
import { bring } from '../load.js';
bring({ now: bytes });
export * from '../index.js';
