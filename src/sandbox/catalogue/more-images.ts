import { oneOf, type PublishedField, prompt, publish } from './published.ts';

const TO_IMAGE = ['text-to-image'];
const EDIT = ['image-to-image', 'image-edit'];
const SAMPLE = 'https://playgrounds-storage-public.runcomfy.net/samples/cat.png';

/** A seed as many schemas have it: a whole number whose default is null. */
const seed: PublishedField = {
  title: 'Seed',
  description: 'The same seed gives the same picture',
  type: 'integer',
  default: null,
};
const count = (most: number): PublishedField => ({
  title: 'Number of images',
  description: '',
  type: 'integer',
  default: 1,
  minimum: 1,
  maximum: most,
});
const picture: PublishedField = {
  title: 'Image',
  description: '',
  type: 'string',
  format: 'image_uri',
  default: SAMPLE,
  validations: [
    {
      validation_rule: 'file_size_mb<',
      validation_value: 30,
      validation_error: 'The picture must be smaller than 30 MB.',
    },
  ],
};

/** Models that make pictures, each with some oddity that published schemas have. */
export const MORE_IMAGES = [
  publish(
    'openai/gpt-image-2/edit',
    {
      display_name: 'GPT Image 2 Edit',
      description: 'Changes pictures by instructions and keeps what they do not name.',
      categories: EDIT,
      base_price_usd: 0.02,
      price_unit: 'image',
      output: 'images',
    },
    ['prompt', 'images'],
    {
      prompt,
      images: { title: 'Images', description: '', type: 'array', format: 'image_uris', maxItems: 16 },
      quality: oneOf('Quality', 'medium', 'low', 'medium', 'high'),
    },
  ),
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
    'google/nano-banana-2/edit',
    {
      display_name: 'Nano Banana 2 Edit',
      description: 'Edits photos by plain instructions: swap a background, change clothes, keep the face.',
      categories: EDIT,
      base_price_usd: 0.067,
      price_unit: 'image',
      pricing_note: '2K and 4K cost more',
      output: 'images',
    },
    ['prompt', 'image_urls'],
    {
      prompt,
      image_urls: {
        title: 'Images',
        description: 'Pictures to edit',
        type: 'array',
        format: 'image_uris',
        default: [SAMPLE],
        maxItems: 14,
      },
      resolution: oneOf('Resolution', '1K', '1K', '2K', '4K'),
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
    'blackforestlabs/flux-1-kontext/pro/edit',
    {
      display_name: 'FLUX.1 Kontext Pro',
      description: 'Edits one picture by a prompt; characters stay alike from edit to edit.',
      categories: EDIT,
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['prompt', 'image_url'],
    {
      prompt,
      image_url: picture,
      aspect_ratio: oneOf('Aspect Ratio', 'match_input_image', 'match_input_image', '1:1', '16:9', '9:16'),
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
    'bytedance/seedream-4-5/edit',
    {
      display_name: 'Seedream 4.5 Edit',
      description: 'Merges up to ten pictures into one scene.',
      categories: EDIT,
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['prompt', 'image'],
    { prompt, images: { title: 'Images', type: 'array', items: { type: 'string', format: 'image_uri' } } },
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
    'alibaba/qwen-image/edit',
    {
      display_name: 'Qwen Image Edit',
      description: 'Replaces words, objects and styles in a picture.',
      categories: EDIT,
    },
    ['image', 'prompt'],
    { image: picture, prompt, true_cfg_scale: { type: 'float', description: '', default: 4 } },
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
    'recraft/upscale/image',
    { description: 'Makes a picture larger and crisper.', categories: ['image-upscale'] },
    ['image_url'],
    { image_url: picture },
  ),
  publish(
    'topaz/upscale/image',
    {
      display_name: 'Topaz Upscale',
      description: 'Enlarges photos up to four times and removes noise.',
      categories: ['image-upscale'],
      base_price_usd: 0.08,
      price_unit: 'output',
    },
    ['img_url'],
    { img_url: picture, scale: { type: 'float', description: '', default: 2, minimum: 1, maximum: 4 } },
  ),
  publish(
    'xai/grok-imagine/text-to-image',
    { display_name: 'Grok Imagine', description: '', categories: TO_IMAGE },
    ['prompt'],
    { prompt: { type: 'string' }, n: { type: 'integer', default: null } },
  ),
  publish(
    'community/portrait-studio-relighting-and-background-replacement/image-to-image',
    {
      description: 'A workflow that lights a portrait anew and puts it before another background.',
      categories: EDIT,
      kind: 'workflow',
    },
    ['portrait'],
    {
      portrait: picture,
      strength: { type: 'float', description: 'How much may change', default: 0.6, minimum: 0, maximum: 1 },
      background: { type: 'string', description: 'What stands behind', default: 'a plain grey studio wall' },
    },
  ),
];
