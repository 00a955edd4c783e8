import { fitting, letter, spellable } from './lettering.ts';
import type { Palette } from './palette.ts';
import { INK, PAPER } from './palette.ts';
import { box, disc, n } from './sheet.ts';

/**
 * The label in the lower left corner: the word SANDBOX on paper, and beside it the beginning of
 * the prompt on ink. It is sized by the picture's width so that it can still be read in a thumbnail.
 */
export function badge(prompt: string, palette: Palette, width: number, height: number): string {
  const cap = Math.min(width * 0.0265, height * 0.068);
  const tall = cap * 2;
  const margin = Math.min(width, height) * 0.034;
  const word = letter('SANDBOX', cap, INK, 1.15, 1.9);
  const dot = cap * 0.3;
  const lead = tall * 0.42 + dot * 2 + cap * 0.55;
  const wordBox = lead + word.width + tall * 0.5;

  // The caption stays short: it names the prompt, and must not hide the picture.
  const small = cap * 0.54;
  const room = width - margin * 2 - wordBox - tall;
  const caption = letter(fitting(spellable(prompt), small, Math.min(room, width * 0.36)), small, PAPER, 0.8);
  const wholeBox = caption.width > 0 ? wordBox + caption.width + tall * 0.85 : wordBox;

  const ticket = [
    // Not quite opaque: the picture is allowed to shimmer through behind the caption.
    box(0, 0, wholeBox, tall, INK, tall * 0.28, 0.82),
    box(0, 0, wordBox, tall, PAPER, tall * 0.28),
    disc(tall * 0.42 + dot, tall / 2, dot, palette.accent),
    at(lead, (tall - cap) / 2, word.markup),
    at(wordBox + tall * 0.38, (tall - small) / 2, caption.markup),
  ];
  return at(margin, height - margin - tall, ticket.join(''));
}

/** The content, moved to x y. */
function at(x: number, y: number, content: string): string {
  return `<g transform="translate(${n(x)} ${n(y)})">${content}</g>`;
}
