import * as z from 'zod';
import { choice, defineModel, prompt } from '../define.ts';

export default defineModel({
  id: 'openai/gpt-image-1-5/text-to-image',
  title: 'GPT Image 1.5: text to image',
  description:
    'Make an image from a prompt with OpenAI GPT Image 1.5. Follows long, detailed prompts, writes short text into the image, can leave the background transparent.',
  input: z.strictObject({
    prompt: prompt('What the image shows: subject, style, light, framing. Put text to be written in quotes.'),
    image_size: choice(['1024x1024', '1536x1024', '1024x1536'], {
      description: 'Width x height in pixels: square, landscape or portrait.',
      default: '1536x1024',
    }),
    background: choice(['auto', 'transparent', 'opaque'], {
      description: 'transparent needs output_format png or webp.',
      default: 'auto',
    }),
    quality: choice(['low', 'medium', 'high'], {
      description: 'Higher costs more and takes longer; low is enough for drafts.',
      default: 'high',
    }),
    output_format: choice(['jpeg', 'png', 'webp'], { description: 'File format.', default: 'png' }),
  }),
});
