import { float, linkTo, oneOf, type PublishedField, prompt, publish } from './published.ts';

const image = linkTo('Image', 'image_uri');
const limited: PublishedField = {
  ...image,
  validations: [{ validation_rule: 'file_size_mb<', validation_value: 20 }],
};

/** Models that take a picture as it is and give it back better, larger, cut out, in other light or colour, or as another file. */
export const RESTORING = [
  publish(
    'bria/rmbg-2/background-removal',
    {
      display_name: 'Bria RMBG 2.0',
      description: 'Background removal with precise edges around hair and fur; returns a PNG with alpha.',
      categories: ['background-removal'],
      base_price_usd: 0.018,
      price_unit: 'image',
    },
    ['image_url'],
    { image_url: limited },
  ),
  publish(
    'community/clarity-upscaler/image-upscale',
    {
      display_name: 'Clarity Upscaler',
      description: 'Creative upscaling that invents plausible detail, with controls for resemblance.',
      categories: ['image-upscale'],
      kind: 'workflow',
      pricing_note: 'Billed by GPU time',
    },
    ['12_image'],
    {
      '12_image': { ...image, default: 'Runcomfy_example_1201_1.png' },
      '31_creativity': float(0.35, 0, 1),
      '31_resemblance': float(0.6, 0, 3),
      '40_scale_factor': { type: 'integer', enum: [2, 4], default: 2 },
    },
  ),
  publish(
    'sczhou/codeformer/restore',
    {
      display_name: 'CodeFormer',
      description: 'Face restoration for damaged, blurry or low-resolution portraits.',
      categories: ['image-restoration'],
      base_price_usd: 0.005,
      price_unit: 'output',
    },
    ['image'],
    { image, fidelity: float(0.5, 0, 1), upscale: { type: 'integer', description: '', default: 2 } },
  ),
  publish(
    'piddnad/ddcolor/colorize',
    {
      display_name: 'DDColor',
      description: 'Adds natural colors to black-and-white photographs.',
      categories: ['image-restoration', 'image-to-image'],
      base_price_usd: 0.004,
      price_unit: 'output',
    },
    ['image'],
    { image },
  ),
  publish(
    'lllyasviel/ic-light-2/relight',
    {
      display_name: 'IC-Light V2',
      description: 'Changes the illumination of a subject to a described or given lighting setup.',
      categories: ['image-to-image', 'relighting'],
      base_price_usd: 0.05,
      price_unit: 'image',
    },
    ['image', 'prompt'],
    {
      image,
      prompt,
      light_source: { type: 'string', enum: ['left', 'right', 'top', 'bottom', null], default: null },
    },
  ),
  publish(
    'recraft/vectorize/image-to-vector',
    {
      display_name: 'Recraft Vectorize',
      description: 'Traces a raster image into a clean SVG.',
      categories: ['image-to-vector'],
      base_price_usd: 0.01,
      price_unit: 'image',
    },
    ['image_url'],
    { image_url: limited },
  ),
  publish(
    'fashn/tryon-1-6/virtual-try-on',
    {
      display_name: 'FASHN Try-On v1.6',
      description: 'Dresses a model photo in a garment from a flat-lay or worn picture.',
      categories: ['virtual-try-on', 'image-to-image'],
      base_price_usd: 0.075,
      price_unit: 'output',
      output: 'images',
    },
    ['model_image', 'garment_image'],
    {
      model_image: linkTo('Model', 'image_uri'),
      garment_image: linkTo('Garment', 'image_uri'),
      category: oneOf('Category', 'auto', 'auto', 'tops', 'bottoms', 'one-pieces'),
    },
  ),
  publish(
    'easel/advanced-face-swap/image',
    {
      display_name: 'Advanced Face Swap',
      description: 'Puts the face of one photo onto the body in another, with hair and skin tone matched.',
      categories: ['face-swap'],
      base_price_usd: 0.05,
      price_unit: 'output',
    },
    ['face_image', 'target_image'],
    {
      face_image: linkTo('Face', 'image_uri'),
      target_image: linkTo('Target', 'image_uri'),
      gender: { type: 'string', enum: ['', 'male', 'female', 'non-binary'], default: '' },
    },
  ),
  publish(
    'tencent/hunyuan3d-2-1/image-to-3d',
    {
      display_name: 'Hunyuan3D 2.1',
      description: 'Reconstructs a textured mesh with PBR materials from a single view, as GLB.',
      categories: ['image-to-3d'],
      base_price_usd: 0.3,
      price_unit: 'output',
      output: 'model',
    },
    ['input_image_url'],
    { input_image_url: image, octree_resolution: { type: 'integer', default: 256, enum: [256, 384, 512] } },
  ),
];
