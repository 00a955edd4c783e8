import * as z from 'zod';
import { choice, defineModel, imageUrls, prompt } from '../define.ts';
import { IMAGE_WORDS } from '../image-words.ts';

export default defineModel({
  id: 'openai/gpt-image-1-5/image-to-image',
  title: 'GPT Image 1.5: image to image',
  description:
    'Edit or combine 1 to 10 images by a prompt with OpenAI GPT Image 1.5: change a scene, keep a face or product, merge references.',
  price: { field: 'quality', usd: { low: 0.009, medium: 0.034, high: 0.133 }, default: 'high' },
  input: z.strictObject({
    prompt: prompt('What to change or make; say which reference is meant and what must stay as it is.'),
    image_urls: imageUrls(1, 10, `1 to 10 references: ${IMAGE_WORDS.references}`),
    image_size: choice(['auto', '1024x1024', '1536x1024', '1024x1536'], {
      description: 'Width x height in pixels; auto follows the references.',
      default: 'auto',
    }),
    background: choice(['auto', 'transparent', 'opaque'], {
      description: 'transparent needs output_format png or webp.',
      default: 'auto',
    }),
    quality: choice(['low', 'medium', 'high'], {
      description:
        'Published price an image, no quote: low $0.009, medium $0.034, high $0.133. Higher takes longer.',
      default: 'high',
    }),
    input_fidelity: choice(['low', 'high'], {
      description: 'How closely faces, logos and details of the references are kept.',
      default: 'high',
    }),
    output_format: choice(['jpeg', 'png', 'webp'], { description: 'File format.', default: 'png' }),
  }),
});
