/** The script of a browser worker. */
import { serveBrowser } from './browser-port.js';

serveBrowser();
