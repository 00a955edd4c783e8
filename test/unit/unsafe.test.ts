import { describe, expect, it } from 'vitest';
import { saysUnsafe } from '../../src/runcomfy/unsafe.ts';

describe('a message says that something was found unsafe', () => {
  it.each([
    // OpenAI, Azure
    'The prompt was rejected by the safety system.',
    'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
    'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID req_123. safety_violations=[sexual].',
    'Error code: 400 - {"error": {"code": "moderation_blocked", "type": "user_error"}}',
    'upstream 400: content_policy_violation',
    'Your prompt was flagged by our content policy',
    'This request violates our usage policies',
    'Content blocked by safety filter',
    'We’re so sorry, but the prompt may violate our guardrails around nudity, sexuality, or erotic content.',
    'Your resource has been temporarily blocked because we detected behavior that may violate our content policy.',
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    // Google
    "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices. Try rephrasing the prompt.",
    'Unable to show generated images. All images were filtered out because they violated Vertex AI’s usage guidelines.',
    'Gemini API error: IMAGE_SAFETY',
    'Image generation blocked: finishReason: SAFETY',
    'Candidate was blocked due to PROHIBITED_CONTENT',
    'This query violates the policy against generating content that promotes violence.',
    // Replicate, fal, Black Forest Labs, Stability, Runway, Luma
    'NSFW content detected. Try running it again, or try a different prompt.',
    'The input or output was flagged as sensitive. Please try again with different inputs. (E005)',
    'The content was flagged by a content checker.',
    'BFL API did not return an image due to: Request Moderated.',
    'Content Moderated',
    'Your request was flagged by our content moderation system, as a result your request was denied.',
    'Failed: the generation did not pass content moderation',
    'frame0 failed moderation',
    'Content was flagged by the safety system. Try different prompts or inputs.',
    // ByteDance, Alibaba, Kling, MiniMax
    'InputTextSensitiveContentDetected: The request failed because the input text may contain sensitive information.',
    'OutputImageSensitiveContentDetected',
    'DataInspectionFailed: Input or output data may contain inappropriate content.',
    'Failure to pass the risk control system',
    'input new_sensitive',
    '输入文本可能包含敏感信息',
    // Others
    'Potential NSFW content was detected in one or more images.',
    'Banned prompt detected: blood',
    'This request has been blocked by our content filters.',
    'The uploaded photo was deemed unsafe.',
    'Prompt does not comply with safety guidelines',
  ])('%s', (message) => expect(saysUnsafe(message)).toBe(true));
});

describe('it does not where a message says', () => {
  it.each([
    '',
    'flux1-dev.safetensors not found',
    'Failed to load safety_checker/model.safetensors: file is blocked by another process',
    'Request timed out after the retry policy was exhausted',
    'Connection refused; the retry policy failed 3 times',
    'The moderation service timed out and the request failed',
    'Content moderation is temporarily unavailable; the request was rejected',
    'CUDA out of memory',
    'internal error',
    'Invalid value: moderation must be one of auto, low; was blocked',
    'safety_tolerance is not allowed for this model',
    'enable_safety_checker must be true or false',
    'Unknown field allow_nsfw',
    'Field names are case-sensitive: Prompt is not allowed',
    'ValueError: Inappropriate argument value (of correct type).',
    'Fetch of the image was blocked by CORS policy',
    'Access denied by the bucket policy',
    'The image URL was rejected: content-type text/html is not allowed',
    'Your account was flagged for review',
    'The image was flagged as corrupt',
    'The API key was rejected',
    'The model refused the size 4096x4096',
    'Unsafe redirect to another host was blocked',
    'Rate limit policy: too many requests',
    'Failed to detect a face in the image',
    'insufficient balance',
    'image_url could not be downloaded: 403 Forbidden',
    'worker failed its safety timeout',
    'Prompt outputs failed validation: KSampler: value not in list',
    'The prompt contains more than 4,000 characters and was rejected',
    'The account was denied access to this model',
  ])('%s', (message) => expect(saysUnsafe(message)).toBe(false));
});

it('it reads the beginning of a message, however long', () => {
  expect(saysUnsafe(`NSFW ${'content flagged '.repeat(100_000)}`)).toBe(true);
  expect(saysUnsafe(`${'x'.repeat(5_000)} NSFW`)).toBe(false);
});
