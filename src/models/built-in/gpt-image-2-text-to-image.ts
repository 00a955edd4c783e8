import * as z from 'zod';
import { choice, defineModel, prompt } from '../define.ts';

export default defineModel({
  id: 'openai/gpt-image-2/text-to-image',
  title: 'GPT Image 2: text to image',
  description:
    'Make an image from a prompt with OpenAI GPT Image 2, up to 4k. Choose it for large or finely detailed images and readable text.',
  input: z.strictObject({
    prompt: prompt('What the image shows: subject, style, light, framing. Put text to be written in quotes.'),
    aspect_ratio: choice(['1:1', '3:2', '2:3', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'], {
      description: 'Width:height.',
      default: '1:1',
    }),
    resolution: choice(['1k', '2k', '4k'], {
      description: 'Output size in lower case; larger costs more and takes longer.',
      default: '1k',
    }),
    quality: choice(['low', 'medium', 'high'], {
      description: 'Higher costs more and takes longer.',
      default: 'medium',
    }),
    output_format: choice(['png', 'jpeg', 'webp'], { description: 'File format.', default: 'png' }),
  }),
});
