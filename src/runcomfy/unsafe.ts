// In characters, of the beginning of a message.
const MAX_READ = 4_096;

// Inputs that set such a filter, as failures of validation name them.
const SETTINGS =
  /\b\w*(?:nsfw|safety|moderation)_(?:checker|check|filter|filter_level|level|mode|settings?|tolerance|version)\b|\b(?:allow|disable|enable)_\w+/gi;

/** What by itself says that something was found unsafe. */
const FOUND = [
  /\bnsfw\b/,
  /\bmoderation (?:blocked|failed)\b|\bai moderators\b/,
  /\b(?:request|content|input|output|prompt|frame) (?:was )?moderated\b/,
  /\b(?:image|video|reason:?) (?:safety|prohibited content)\b/,
  /\b(?:prohibited|disallowed|banned|explicit|unsafe|harmful|sexual|inappropriate) (?:content|images?|inputs?|language|material|outputs?|phrases?|prompts?|texts?|words?)\b/,
  /\b(?:flagged|deemed|considered|detected|found|marked) (?:as |to be )?(?:potentially )?(?:explicit|harmful|inappropriate|sensitive|unsafe)\b/,
  /\bsafety violations?\b|\bcontent policy violation\b|\bsensitive content detected\b|\bdata inspection failed\b|\bnew sensitive\b/,
  /\b(?:content|image|input|output|photo|picture|prompt|text)s? (?:\w+ ){0,3}flagged\b(?! as (?:corrupt|duplicate|invalid|spam))/,
  /敏感|违规|审核(?:未通过|不通过|失败)/,
];

/** Who judges what is safe, and by what. Each is also a part of messages about other things. */
const JUDGE = [
  'content (?:checker|filter|management polic|moderation|polic|restriction|safety)',
  'safety (?:check|classifier|concern|filter|guardrail|guideline|polic|reason|rule|standard|system)',
  '(?:acceptable use|community|google|moderation|our|usage|vertex ai)(?: s)? (?:ai )?(?:guideline|polic|standard)',
  'polic(?:y|ies) against|guardrails|responsible ai|risk control|blocked by safety',
  'moderation|person generation|sensitive (?:content|information|material|topic|word)',
].join('|');
const VERDICT =
  'against|block|can ?not|comply|contain|den(?:y|ied)|detect|disallow|fail|filtered|flag|forbid|not allow|not pass|prohibit|refus|reject|trigger|violat';
const JUDGED = [
  new RegExp(`\\b(?:${JUDGE}).{0,100}\\b(?:${VERDICT})`),
  new RegExp(`\\b(?:${VERDICT}).{0,100}\\b(?:${JUDGE})`),
];
// What went wrong with the check itself says nothing about the prompt.
const BROKEN = /\btime[ds]? ?out\b|\btimeout\b|\bunavailable\b|\bmust be\b|\bunknown field\b/;

/**
 * Whether a message says that a model's provider refused the prompt or a picture as unsafe. RunComfy documents no such
 * code and passes on the provider's words, so this goes by words that providers use; in doubt it is another failure.
 */
export function saysUnsafe(message: string): boolean {
  const text = message
    .slice(0, MAX_READ)
    .replace(SETTINGS, ' ')
    // Codes such as OutputImageSensitiveContentDetected.
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[\s_\-'’"`]+/g, ' ')
    .toLowerCase();
  return (
    FOUND.some((words) => words.test(text)) || (!BROKEN.test(text) && JUDGED.some((one) => one.test(text)))
  );
}
