// Each <img> gets its upscaled picture when it is scrolled to, and keeps its size on the page.
import { auto } from 'tessera-sr/element';

// Without a scale, pictures that have as many pixels as the screen shows stay as they are.
auto('img', { scale: 2 });
