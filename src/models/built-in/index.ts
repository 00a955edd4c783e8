import type { Model } from '../define.ts';
import gpt4oImageTextToImage from './gpt-4o-image-text-to-image.ts';
import gptImage15ImageToImage from './gpt-image-1-5-image-to-image.ts';
import gptImage15TextToImage from './gpt-image-1-5-text-to-image.ts';
import gptImage2TextToImage from './gpt-image-2-text-to-image.ts';
import imagineart15PreviewTextToImage from './imagineart-1.5-preview-text-to-image.ts';

/** The catalogue of built-in models, in the order in which clients see their tools. */
export const MODELS: readonly Model[] = [
  gptImage2TextToImage,
  gptImage15TextToImage,
  gptImage15ImageToImage,
  gpt4oImageTextToImage,
  imagineart15PreviewTextToImage,
];
