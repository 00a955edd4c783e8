import { float, linkTo, oneOf, type PublishedField, prompt, publish, seed } from './published.ts';

const EDIT = ['image-to-image', 'image-edit'];
const image = linkTo('Image', 'image_uri');
const mask: PublishedField = {
  title: 'Mask',
  description: 'White where the picture may change, black where it stays',
  type: 'string',
  format: 'image_uri',
};

/** More models that change pictures: by words, inside of a mask, beyond the frame, after a pose. */
export const EDITING = [
  publish(
    'google/nano-banana-pro/edit',
    {
      display_name: 'Nano Banana Pro Edit',
      description:
        'Precise edits and compositions from up to 14 references, with consistent people, camera and lighting control.',
      categories: EDIT,
      base_price_usd: 0.134,
      price_unit: 'image',
      pricing_note: '4K costs $0.24',
      output: 'images',
    },
    ['prompt', 'image_urls'],
    {
      prompt,
      image_urls: { title: '', description: '', type: 'array', format: 'image_uris', maxItems: 14 },
      resolution: oneOf('Resolution', '1K', '1K', '2K', '4K'),
    },
  ),
  publish(
    'ideogram/ideogram-character/image-to-image',
    {
      display_name: 'Ideogram Character',
      description:
        'Places one person from a single reference photo in new scenes, with a consistent identity.',
      categories: ['image-to-image', 'character'],
      base_price_usd: 0.1,
      price_unit: 'image',
    },
    ['prompt', 'reference_image_urls'],
    {
      prompt,
      reference_image_urls: { type: 'array', items: { type: 'string', format: 'image_uri' }, maxItems: 1 },
      rendering_speed: oneOf('Rendering Speed', 'BALANCED', 'TURBO', 'BALANCED', 'QUALITY'),
    },
  ),
  publish(
    'alibaba/qwen-image-edit-2511/lora',
    {
      display_name: 'Qwen Image Edit 2511 LoRA',
      description: 'Instruction editing with up to three LoRA adapters.',
      categories: [...EDIT, 'lora'],
      kind: 'inference',
      base_price_usd: 0.035,
      price_unit: 'image',
    },
    ['image_urls', 'prompt'],
    {
      image_urls: { type: 'array', description: '', format: 'image_uris', minItems: 1, maxItems: 3 },
      prompt,
      loras: { title: 'LoRAs', type: 'array', description: '' },
    },
  ),
  publish(
    'blackforestlabs/flux-1-fill/pro/inpaint',
    {
      display_name: 'FLUX.1 Fill [pro]',
      description: 'Repaints a masked area so that it blends seamlessly with the rest.',
      categories: ['image-to-image', 'inpainting'],
      base_price_usd: 0.05,
      price_unit: 'image',
    },
    ['image_url', 'mask_url', 'prompt'],
    { image_url: image, mask_url: mask, prompt, seed },
  ),
  publish(
    'bria/eraser/inpaint',
    {
      display_name: 'Bria Eraser',
      description:
        'Deletes unwanted objects, people or watermarks under a mask and reconstructs what was behind.',
      categories: ['image-edit', 'inpainting'],
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['image', 'mask'],
    { image, mask, preserve_alpha: { type: 'boolean', description: '', default: true } },
  ),
  publish(
    'bria/expand/outpaint',
    {
      display_name: 'Bria Expand',
      description: 'Outpaints an image beyond its borders to a new canvas size or aspect ratio.',
      categories: ['image-edit', 'outpainting'],
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['image'],
    {
      image,
      aspect_ratio: oneOf('Aspect Ratio', '16:9', '1:1', '4:5', '9:16', '16:9'),
      prompt: { type: 'string' },
    },
  ),
  publish(
    'bria/product-shot/image-to-image',
    {
      display_name: 'Bria Product Shot',
      description: 'Composes lifestyle scenes around a packshot for e-commerce, keeping the item unchanged.',
      categories: EDIT,
      base_price_usd: 0.04,
      price_unit: 'image',
    },
    ['image_url', 'scene_description'],
    {
      image_url: image,
      scene_description: prompt,
      placement_type: oneOf('', 'automatic', 'automatic', 'manual'),
    },
  ),
  publish(
    'blackforestlabs/flux-1-depth/pro/controlnet',
    {
      display_name: 'FLUX.1 Depth & Canny [pro]',
      description: 'ControlNet generation that keeps the structure of a depth map, edge map or pose.',
      categories: ['image-to-image', 'controlnet'],
      base_price_usd: 0.05,
      price_unit: 'image',
    },
    ['prompt', 'control_image'],
    { prompt, control_image: linkTo('Control', 'image_uri'), control_strength: float(0.7, 0, 1) },
  ),
];
