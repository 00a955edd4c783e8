import * as z from 'zod';
import { choice, defineModel, prompt } from '../define.ts';

export default defineModel({
  id: 'openai/gpt-4o-image/text-to-image',
  title: 'GPT-4o Image: text to image',
  description:
    'Make an image from a prompt with OpenAI GPT-4o Image. Few settings; good with text inside the image and plain instructions.',
  input: z.strictObject({
    prompt: prompt('What the image shows. Put text to be written in quotes.'),
    background: choice(['transparent', 'opaque'], {
      description: 'transparent leaves the subject cut out.',
      default: 'opaque',
    }),
    size: choice(['3:2', '1:1', '2:3'], { description: 'Aspect ratio, width:height.', default: '1:1' }),
  }),
});
