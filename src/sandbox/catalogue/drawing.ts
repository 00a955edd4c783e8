import { float, oneOf, prompt, publish, seed } from './published.ts';

const TO_IMAGE = ['text-to-image'];
const RATIOS = ['1:1', '3:4', '4:3', '9:16', '16:9'];

/** More models that draw from a prompt: drafts, photographs, trained styles, vectors. */
export const DRAWING = [
  publish(
    'blackforestlabs/flux-1/schnell/text-to-image',
    {
      display_name: 'FLUX.1 [schnell]',
      description: 'Open 12B model distilled to four steps for rapid drafts at minimal cost.',
      categories: TO_IMAGE,
      base_price_usd: 0.003,
      price_unit: 'image',
      output: 'images',
    },
    ['prompt'],
    {
      prompt,
      num_inference_steps: { type: 'integer', description: '', default: 4, minimum: 1, maximum: 4 },
      seed,
      enable_safety_checker: { type: 'boolean', default: true },
    },
  ),
  publish(
    'blackforestlabs/flux-1/dev-lora/text-to-image',
    {
      display_name: 'FLUX.1 [dev] LoRA',
      description: 'FLUX.1 [dev] with your own trained LoRA weights loaded for a subject or style.',
      categories: [...TO_IMAGE, 'lora'],
      kind: 'inference',
      base_price_usd: 0.035,
      price_unit: 'image',
    },
    ['prompt', 'lora'],
    {
      prompt,
      lora: {
        title: 'LoRA',
        description: 'A trained LoRA',
        type: 'object',
        properties: { path: { type: 'string', description: 'Where its weights are' }, scale: float(1, 0, 2) },
      },
      guidance_scale: float(3.5, 1, 20),
    },
  ),
  publish(
    'tongyi-mai/z-image/turbo',
    {
      display_name: 'Z-Image Turbo',
      description:
        'Photorealistic results in eight steps from a compact 6B model; renders English and Chinese text.',
      categories: TO_IMAGE,
      base_price_usd: 0.005,
      price_unit: 'image',
    },
    ['prompt'],
    { prompt, aspect_ratio: oneOf('Aspect Ratio', '1:1', ...RATIOS), seed },
  ),
  publish(
    'hidream/hidream-i1-full/text-to-image',
    {
      display_name: 'HiDream I1 Full',
      description:
        'Open 17B foundation model with strong prompt adherence across photographic, cartoon and artistic styles.',
      categories: TO_IMAGE,
      pricing_note: 'Billed by GPU time',
    },
    ['prompt', 'positive_prompt'],
    { prompt, negative_prompt: { type: 'string', description: '', default: '' }, shift: float(3, 1, 10) },
  ),
  publish(
    'google/imagen-4/ultra/text-to-image',
    {
      display_name: 'Imagen 4 Ultra',
      description:
        "Google's most detailed Imagen: true-to-life texture, skin and light, and accurate spelling.",
      categories: TO_IMAGE,
      base_price_usd: 0.06,
      price_unit: 'image',
      output: 'images',
    },
    ['prompt'],
    {
      prompt,
      aspect_ratio: oneOf('Aspect Ratio', '1:1', ...RATIOS),
      sample_image_size: oneOf('', '1K', '1K', '2K'),
    },
  ),
  publish(
    'google/imagen-4/fast/text-to-image',
    {
      display_name: 'Imagen 4 Fast',
      description: 'The low-latency, low-cost Imagen 4.',
      categories: TO_IMAGE,
      base_price_usd: 0.02,
      price_unit: 'image',
      output: 'images',
    },
    ['prompt'],
    { prompt, aspect_ratio: oneOf('Aspect Ratio', '1:1', ...RATIOS) },
  ),
  publish(
    'google/nano-banana-pro/text-to-image',
    {
      display_name: 'Nano Banana Pro',
      description:
        'Studio-quality visuals up to 4K: infographics, diagrams and mockups with correct multilingual text, grounded in search.',
      categories: TO_IMAGE,
      base_price_usd: 0.134,
      price_unit: 'image',
      pricing_note: '4K costs $0.24',
      output: 'images',
    },
    ['prompt'],
    {
      prompt,
      aspect_ratio: oneOf('Aspect Ratio', 'auto', 'auto', ...RATIOS),
      resolution: oneOf('Resolution', '1K', '1K', '2K', '4K'),
      enable_web_search: { title: 'Web search', description: '', type: 'boolean', default: false },
    },
  ),
  publish(
    'recraft/recraft-4/text-to-vector',
    {
      display_name: 'Recraft 4 Vector',
      description: 'Generates editable SVG artwork: icons, logos, patterns and flat illustrations.',
      categories: ['text-to-image', 'text-to-vector'],
      base_price_usd: 0.08,
      price_unit: 'image',
    },
    ['prompt'],
    {
      prompt,
      colors: { title: 'Colors', description: 'Preferred colours', type: 'array', default: [] },
      style: oneOf('Style', 'vector_illustration', 'vector_illustration', 'line_art', 'icon', 'engraving'),
    },
  ),
];
