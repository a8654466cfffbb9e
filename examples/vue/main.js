import { createApp, h } from 'vue';
import { Upscaled } from './Upscaled.js';

createApp({ render: () => h(Upscaled, { src: '../photo.webp', alt: 'Books and oranges before a brick wall' }) }).mount('#app');
