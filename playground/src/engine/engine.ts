/**
 * The one engine of the page.
 */

import { Engine } from './client.js';

export const engine = new Engine();
