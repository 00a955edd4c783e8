import { oneOf, type PublishedField, prompt, publish, seed } from './published.ts';

const EDIT = ['image-to-image', 'image-edit'];
const SAMPLE = 'https://playgrounds-storage-public.runcomfy.net/samples/cat.png';

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

/** Models that change pictures, each with some oddity that published schemas have. */
export const FROM_PICTURES = [
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
