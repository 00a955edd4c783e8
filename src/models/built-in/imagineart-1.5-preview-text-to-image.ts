import * as z from 'zod';
import { choice, defineModel, integer, prompt } from '../define.ts';

export default defineModel({
  id: 'imagineart/imagineart-1.5-preview/text-to-image',
  title: 'ImagineArt 1.5 Preview: text to image',
  description:
    'Make an image from a prompt with ImagineArt 1.5 Preview. Photographic and cinematic looks, wide choice of aspect ratios, repeatable by seed.',
  input: z.strictObject({
    prompt: prompt('What the image shows: subject, style, light, camera.'),
    aspect_ratio: choice(['1:1', '3:1', '1:3', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'], {
      description: 'Width:height.',
      default: '1:1',
    }),
    seed: integer({ description: 'Whole number; use the same again to repeat an image.', default: 0 }),
  }),
});
