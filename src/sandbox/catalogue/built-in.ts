import { oneOf, type PublishedField, prompt, publish } from './published.ts';

const TO_IMAGE = ['text-to-image'];
const format = (...values: string[]) => oneOf('Output Format', 'png', ...values);

const references: PublishedField = {
  title: 'Images',
  description: 'The pictures to start from',
  type: 'array',
  items: { type: 'string', format: 'image_uri' },
  minItems: 1,
  maxItems: 10,
};

/** The models that this package has tools for, each written down from its page apart from the tools' own schemas. */
export const BUILT_IN = [
  publish(
    'openai/gpt-image-2/text-to-image',
    {
      display_name: 'GPT Image 2 Text to Image',
      description: 'Draws detailed pictures with readable text from a prompt.',
      categories: TO_IMAGE,
      output: 'images',
    },
    ['prompt'],
    {
      prompt,
      aspect_ratio: oneOf(
        'Aspect Ratio',
        '1:1',
        ...['1:1', '3:2', '2:3', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'],
      ),
      resolution: oneOf('Resolution', '1k', '1k', '2k', '4k'),
      quality: oneOf('Quality', 'medium', 'low', 'medium', 'high'),
      output_format: format('png', 'jpeg', 'webp'),
    },
  ),
  publish(
    'openai/gpt-image-1-5/text-to-image',
    {
      display_name: 'GPT Image 1.5 Text to Image',
      description: 'Draws pictures from a prompt, with a transparent background where it is asked for.',
      categories: TO_IMAGE,
    },
    ['prompt'],
    {
      prompt,
      image_size: oneOf('Image Size', '1536x1024', '1024x1024', '1536x1024', '1024x1536'),
      background: oneOf('Background', 'auto', 'auto', 'transparent', 'opaque'),
      quality: oneOf('Quality', 'high', 'low', 'medium', 'high'),
      output_format: format('jpeg', 'png', 'webp'),
    },
  ),
  publish(
    'openai/gpt-image-1-5/image-to-image',
    {
      display_name: 'GPT Image 1.5 Image to Image',
      description: 'Changes or combines up to ten pictures by a prompt.',
      categories: ['image-to-image', 'image-edit'],
      base_price_usd: 0.009,
      price_unit: 'image',
      pricing_note: 'By quality: low $0.009, medium $0.034, high $0.133',
    },
    ['prompt', 'image_urls'],
    {
      prompt,
      image_urls: references,
      image_size: oneOf('Image Size', 'auto', 'auto', '1024x1024', '1536x1024', '1024x1536'),
      background: oneOf('Background', 'auto', 'auto', 'transparent', 'opaque'),
      quality: oneOf('Quality', 'high', 'low', 'medium', 'high'),
      input_fidelity: oneOf('Input Fidelity', 'high', 'low', 'high'),
      output_format: format('jpeg', 'png', 'webp'),
    },
  ),
  publish(
    'openai/gpt-4o-image/text-to-image',
    {
      display_name: 'GPT-4o Image Text to Image',
      description: 'Draws what a conversation describes.',
      categories: TO_IMAGE,
    },
    ['prompt'],
    {
      prompt,
      background: oneOf('Background', 'opaque', 'transparent', 'opaque'),
      size: oneOf('Size', '1:1', '3:2', '1:1', '2:3'),
    },
  ),
  publish(
    'imagineart/imagineart-1.5-preview/text-to-image',
    {
      display_name: 'ImagineArt 1.5 Preview',
      description: 'Lifelike pictures of people and places.',
      categories: TO_IMAGE,
    },
    ['prompt'],
    {
      prompt,
      aspect_ratio: oneOf(
        'Aspect Ratio',
        '1:1',
        ...['1:1', '3:1', '1:3', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'],
      ),
      seed: { title: 'Seed', description: '', type: 'integer', default: 0 },
    },
  ),
];
