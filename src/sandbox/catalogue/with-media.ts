import { oneOf, type PublishedField, prompt, publish } from './published.ts';

const seconds: PublishedField = {
  title: 'Duration',
  description: 'Length in seconds',
  type: 'integer',
  enum: [5, 10],
  default: 5,
};

/** Models whose outputs are films and sounds. */
export const WITH_MEDIA = [
  publish(
    'alibaba/wan-2-6/text-to-video',
    {
      display_name: 'Wan 2.6',
      description: 'Short films with sound from a prompt.',
      categories: ['text-to-video'],
      base_price_usd: 0.1,
      price_unit: 'second',
      output: 'video',
    },
    ['prompt'],
    { prompt, duration: seconds, resolution: oneOf('Resolution', '720p', '720p', '1080p') },
  ),
  publish(
    'alibaba/wan-2-6/image-to-video',
    {
      display_name: 'Wan 2.6 Image to Video',
      description: 'Sets a still picture in motion.',
      categories: ['image-to-video'],
      base_price_usd: 0.1,
      price_unit: 'second',
      output: 'videos',
    },
    ['img_url', 'prompt'],
    { img_url: { type: 'string', format: 'image_uri', description: '' }, prompt, duration: seconds },
  ),
  publish(
    'kling/kling-3/video-edit',
    {
      display_name: 'Kling 3 Video Edit',
      description: 'Changes what a film shows by a prompt.',
      categories: ['video-to-video'],
      output: 'video',
    },
    ['prompt', 'video_url'],
    { prompt, video_url: { title: 'Video', type: 'string', format: 'video_uri', description: '' } },
  ),
  publish(
    'stability/stable-audio-2/text-to-audio',
    {
      display_name: 'Stable Audio 2',
      description: 'Sounds and music from a prompt.',
      categories: ['text-to-audio'],
      base_price_usd: 0.2,
      price_unit: 'output',
      output: 'audio',
    },
    ['prompt'],
    { prompt, seconds_total: { type: 'float', description: '', default: 30, minimum: 1, maximum: 190 } },
  ),
];
