import { oneOf, type PublishedField, prompt, publish, seed } from './published.ts';

const TO_IMAGE = ['text-to-image'];
const count = (most: number): PublishedField => ({
  title: 'Number of images',
  description: '',
  type: 'integer',
  default: 1,
  minimum: 1,
  maximum: most,
});

/** Models that draw from a prompt, each with some oddity that published schemas have. */
export const FROM_TEXT = [
  publish(
    'google/nano-banana-2/text-to-image',
    {
      display_name: 'Nano Banana 2',
      description: 'Fast pictures with good knowledge of the world and clean lettering.',
      categories: TO_IMAGE,
      base_price_usd: 0.067,
      price_unit: 'image',
      output: 'images',
    },
    ['prompt'],
    {
      prompt,
      aspect_ratio: oneOf('Aspect Ratio', 'auto', 'auto', '1:1', '16:9', '9:16', '4:3', '3:4'),
      resolution: oneOf('Resolution', '1K', '1K', '2K', '4K'),
      num_images: count(4),
      seed,
    },
  ),
  publish(
    'blackforestlabs/flux-2-pro/text-to-image',
    {
      display_name: 'FLUX.2 Pro',
      description: 'Photographic pictures that follow long prompts closely.',
      categories: TO_IMAGE,
      base_price_usd: 0.03,
      price_unit: 'output',
    },
    ['prompt'],
    {
      prompt,
      guidance: { title: 'Guidance', type: 'float', default: 3.5, minimum: 1.5, maximum: 10 },
      steps: { title: 'Steps', description: '', type: 'integer', default: 28, minimum: 1, maximum: 50 },
      seed,
    },
  ),
  publish(
    'bytedance/seedream-4-5/text-to-image',
    {
      display_name: 'Seedream 4.5',
      description: 'Large, cinematic pictures; several in one style at once.',
      categories: TO_IMAGE,
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['prompt'],
    {
      prompt,
      width: { title: 'Width', description: '', type: 'integer', enum: [1024, 2048, 4096], default: 2048 },
      height: { title: 'Height', description: '', type: 'integer', enum: [1024, 2048, 4096], default: 2048 },
    },
  ),
  publish(
    'alibaba/qwen-image/text-to-image',
    {
      display_name: 'Qwen Image',
      description: 'Posters and signs with long text, in English and Chinese.',
      categories: TO_IMAGE,
      base_price_usd: 0.02,
      price_unit: 'image',
    },
    ['prompt'],
    {
      prompt,
      negative_prompt: { type: 'string', description: '', default: 'blurry, low quality, extra fingers' },
      prompt_extend: { title: 'Extend prompt', description: '', type: 'boolean', default: true },
      seed,
    },
  ),
  publish(
    'tencent/hunyuan-image-3/text-to-image',
    { description: 'Draws scenes that need reasoning about what belongs in them.', categories: TO_IMAGE },
    ['prompt'],
    { prompt, num_images: count(2), style: { description: '', enum: ['photo', 'anime', 'ink'] } },
  ),
  publish(
    'ideogram/ideogram-3/text-to-image',
    {
      display_name: 'Ideogram 3',
      description: 'Logos, posters and typography.',
      categories: TO_IMAGE,
      base_price_usd: 0.06,
      price_unit: 'image',
    },
    ['prompt'],
    {
      prompt,
      style_codes: { title: 'Style codes', description: 'Codes of styles to follow', type: 'array' },
      palette: {
        title: 'Palette',
        description: 'Colours to prefer',
        type: 'object',
        properties: { name: oneOf('Name', 'ember', 'ember', 'fresh', 'jungle'), weight: { type: 'float' } },
      },
    },
  ),
  publish(
    'recraft/recraft-4/text-to-image',
    {
      display_name: 'Recraft 4',
      description: 'Illustrations, icons and brand pictures in a set style.',
      categories: TO_IMAGE,
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['prompt', 'prompt'],
    { prompt, style: oneOf('Style', 'any', 'any', 'realistic', 'illustration', 'vector', 'icon') },
  ),
  publish(
    'xai/grok-imagine/text-to-image',
    { display_name: 'Grok Imagine', description: '', categories: TO_IMAGE },
    ['prompt'],
    { prompt: { type: 'string' }, n: { type: 'integer', default: null } },
  ),
];
