import { float, linkTo, oneOf, type PublishedField, prompt, publish } from './published.ts';

const T2V = ['text-to-video'];
const I2V = ['image-to-video'];
const picture = linkTo('', 'image_uri');
const audio: PublishedField = { title: 'Generate Audio', description: '', type: 'boolean', default: true };

/** Models that make films from words or from pictures. */
export const FILMS = [
  publish(
    'google/veo-3-1/text-to-video',
    {
      display_name: 'Veo 3.1',
      description: 'Cinematic 1080p clips with native dialogue, ambience and sound effects.',
      categories: T2V,
      base_price_usd: 0.4,
      price_unit: 'second',
      pricing_note: '$0.2 per second without audio',
      output: 'video',
    },
    ['prompt'],
    { prompt, duration: oneOf('Duration', '8s', '4s', '6s', '8s'), generate_audio: audio },
  ),
  publish(
    'google/veo-3-1/fast/image-to-video',
    {
      display_name: 'Veo 3.1 Fast Image to Video',
      description: 'Brings an image to life with synchronized audio, at lower cost and latency.',
      categories: I2V,
      base_price_usd: 0.15,
      price_unit: 'second',
      output: 'video',
    },
    ['prompt', 'image_url'],
    {
      prompt,
      image_url: picture,
      duration: oneOf('Duration', '8s', '4s', '6s', '8s'),
      generate_audio: audio,
    },
  ),
  publish(
    'kling/kling-2-6/pro/image-to-video',
    {
      display_name: 'Kling 2.6 Pro Image to Video',
      description: 'Fluid motion and realistic physics from a start image.',
      categories: I2V,
      base_price_usd: 0.07,
      price_unit: 'second',
      output: 'video',
    },
    ['start_image_url', 'prompt'],
    {
      start_image_url: picture,
      prompt,
      duration: { title: 'Duration', description: '', type: 'string', enum: ['5', '10'], default: '5' },
      cfg_scale: float(0.5, 0, 1),
    },
  ),
  publish(
    'kling/kling-2-6/motion-control-pro',
    {
      display_name: 'Kling 2.6 Motion Control Pro',
      description:
        'Transfers body movement, gestures and expressions of a reference clip to a character image.',
      categories: ['image-to-video', 'video-to-video'],
      base_price_usd: 0.112,
      price_unit: 'second',
      output: 'video',
    },
    ['image', 'video'],
    {
      image: picture,
      video: linkTo('', 'video_uri'),
      character_orientation: oneOf('', 'video', 'image', 'video'),
    },
  ),
  publish(
    'minimax/hailuo-2-3/pro/text-to-video',
    {
      display_name: 'Hailuo 2.3 Pro',
      description: 'Expressive characters, dynamic camera moves and stylised looks at 1080p.',
      categories: T2V,
      base_price_usd: 0.49,
      price_unit: 'output',
      output: 'video',
    },
    ['prompt'],
    { prompt, prompt_optimizer: { type: 'boolean', default: true } },
  ),
  publish(
    'lightricks/ltx-2/fast/text-to-video',
    {
      display_name: 'LTX-2 Fast',
      description: 'Real-time drafts of up to 20 seconds for storyboards and iteration.',
      categories: T2V,
      base_price_usd: 0.04,
      price_unit: 'second',
      output: 'video',
    },
    ['prompt'],
    {
      prompt,
      duration: { title: 'Duration', description: '', type: 'integer', default: 6, enum: [6, 8, 10, 20] },
      fps: { type: 'integer', description: '', enum: [25, 50], default: 25 },
    },
  ),
  publish(
    'bytedance/seedance-1-5/pro/image-to-video',
    {
      display_name: 'Seedance 1.5 Pro Image to Video',
      description:
        'Interpolates between a start frame and an end frame; multi-shot storytelling with voices.',
      categories: I2V,
      base_price_usd: 0.052,
      price_unit: 'second',
      output: 'video',
    },
    ['image_url', 'prompt'],
    {
      image_url: picture,
      end_image_url: picture,
      prompt,
      duration: { title: '', description: '', type: 'integer', default: 5, minimum: 4, maximum: 12 },
      camera_fixed: { type: 'boolean', description: '', default: false },
    },
  ),
  publish(
    'bytedance/omnihuman-1-5/image-to-video',
    {
      display_name: 'OmniHuman 1.5',
      description: 'Turns a portrait and a voice track into a talking avatar with natural gestures.',
      categories: ['image-to-video', 'avatar'],
      base_price_usd: 0.16,
      price_unit: 'second',
      output: 'video',
    },
    ['image_url', 'audio_url'],
    { image_url: picture, audio_url: linkTo('Audio', 'audio_uri') },
  ),
];
