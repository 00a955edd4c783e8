import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';

const encoder = new Tiktoken(o200k);

/** How many tokens OpenAI's models of today make of a text. */
export const tokensOf = (text: string): number => encoder.encode(text).length;
