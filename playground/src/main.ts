/**
 * What a browser runs first, and little of it: the engine's worker begins to load the module while the page itself is
 * still on its way.
 */

import { engine } from './engine/engine.js';
import './style/index.css';

engine.start();
void import('./page.js');
