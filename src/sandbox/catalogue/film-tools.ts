import { float, linkTo, oneOf, prompt, publish } from './published.ts';

const film = linkTo('Video', 'video_uri');

/** Models that work on films, and those that make speech, music and noises. */
export const FILM_TOOLS = [
  publish(
    'topaz/upscale/video',
    {
      display_name: 'Topaz Video Upscale',
      description: 'Raises footage to 4K, denoises it and smooths it to 60 fps.',
      categories: ['video-to-video', 'video-upscale'],
      base_price_usd: 0.08,
      price_unit: 'second',
      output: 'video',
    },
    ['video_url'],
    { video_url: film, upscale_factor: float(2, 1, 4), target_fps: { type: 'integer', default: null } },
  ),
  publish(
    'bria/video-background-removal/video-to-video',
    {
      display_name: 'Bria Video Background Removal',
      description: 'Mattes people and objects out of footage without a green screen.',
      categories: ['video-to-video', 'background-removal'],
      base_price_usd: 0.14,
      price_unit: 'second',
      output: 'video',
    },
    ['video_url'],
    { video_url: film, background_color: oneOf('', 'Transparent', 'Transparent', 'Black', 'White', 'Green') },
  ),
  publish(
    'sync/lipsync-2-pro/video-to-video',
    {
      display_name: 'Lipsync 2 Pro',
      description: 'Matches the mouth in a clip to a new audio track, for dubbing and localisation.',
      categories: ['video-to-video', 'lip-sync'],
      base_price_usd: 0.083,
      price_unit: 'second',
      output: 'video',
    },
    ['video_url', 'audio_url'],
    {
      video_url: film,
      audio_url: linkTo('Audio', 'audio_uri'),
      sync_mode: oneOf('', 'cut_off', 'cut_off', 'loop'),
    },
  ),
  publish(
    'alibaba/wan-2-2/animate/video-to-video',
    {
      display_name: 'Wan 2.2 Animate',
      description: 'Replaces the actor in a scene by a character from an image, keeping motion and lighting.',
      categories: ['video-to-video'],
      pricing_note: '$0.06 per second at 480p, $0.12 at 720p',
      output: 'video',
    },
    ['video_url', 'image_url', 'mask'],
    {
      video_url: film,
      image_url: linkTo('', 'image_uri'),
      mode: oneOf('Mode', 'replace', 'animate', 'replace'),
    },
  ),
  publish(
    'community/mmaudio/video-to-audio',
    {
      description: 'Synchronised foley and ambience for silent footage.',
      categories: ['video-to-audio'],
      kind: 'workflow',
      output: 'audio',
    },
    ['91_video'],
    {
      '91_video': { ...film, default: 'Runcomfy_example_1310_1.mp4' },
      '92_prompt': { type: 'string', description: '', default: '' },
    },
  ),
  publish(
    'elevenlabs/eleven-v3/text-to-speech',
    {
      display_name: 'Eleven v3',
      description: 'Expressive narration in over 70 languages, with a choice of voices and emotion tags.',
      categories: ['text-to-speech'],
      base_price_usd: 0.1,
      price_unit: 'output',
      pricing_note: 'per 1,000 characters',
      output: 'audio',
    },
    ['text'],
    { text: prompt, voice: { type: 'string', default: 'Rachel' }, stability: float(0.5, 0, 1) },
  ),
  publish(
    'elevenlabs/sound-effects-2/text-to-audio',
    {
      display_name: 'ElevenLabs Sound Effects v2',
      description: 'Foley, impacts, ambiences and loops from a description.',
      categories: ['text-to-audio'],
      base_price_usd: 0.01,
      price_unit: 'output',
      output: 'audio',
    },
    ['text'],
    { text: prompt, duration_seconds: { ...float(5, 0.5, 22), default: null }, loop: { type: 'boolean' } },
  ),
  publish(
    'elevenlabs/eleven-music/text-to-music',
    {
      display_name: 'Eleven Music',
      description: 'Full tracks in any genre, instrumental or with sung lyrics, up to five minutes.',
      categories: ['text-to-music'],
      base_price_usd: 0.0083,
      price_unit: 'second',
      output: 'audio',
    },
    ['prompt'],
    { prompt, music_length_ms: { type: 'integer', description: '', default: 30_000, minimum: 5_000 } },
  ),
];
