import { Upscaler } from 'tessera-sr';
import { defineComponent, h, onMounted, onUnmounted, ref, watch } from 'vue';

// One for the whole page: all components share its workers.
const upscaler = new Upscaler();

/** A picture that is replaced by its upscaled form, piece by piece. */
export const Upscaled = defineComponent({
  props: { src: { type: String, required: true }, alt: { type: String, required: true } },
  setup(props) {
    const canvas = ref(/** @type {HTMLCanvasElement | null} */ (null));
    const failure = ref('');
    let stop = new AbortController();

    async function show() {
      stop.abort();
      stop = new AbortController();
      const { signal } = stop;
      if (canvas.value === null) return;
      try {
        await upscaler.upscale(props.src, { output: 'canvas', canvas: canvas.value, signal });
      } catch (error) {
        if (!signal.aborted) failure.value = String(error);
      }
    }

    onMounted(show);
    onUnmounted(() => stop.abort());
    watch(() => props.src, show);
    return () =>
      failure.value === ''
        ? h('canvas', { ref: canvas, role: 'img', 'aria-label': props.alt })
        : h('img', { src: props.src, alt: props.alt, title: failure.value });
  },
});
