import { PAPER } from './palette.ts';
import type { Lead } from './scene.ts';
import { scenery } from './scenery.ts';
import { disc, n, placed } from './sheet.ts';
import type { Stage } from './stage.ts';
import { penFor } from './stage.ts';
import type { Place } from './vocabulary.ts';

// The same drawing a second time, underneath, with every colour replaced by paper and every edge
// widened: that is the white border of a die-cut sticker, without any filter.
const BORDER = `<style>
.cut * {
  fill: ${PAPER} !important;
  stroke: ${PAPER} !important;
  stroke-width: 7px !important;
  stroke-linejoin: round;
  opacity: 1 !important;
}
.cut [fill="none"] {
  fill: none !important;
  stroke-width: 13px !important;
}
.cut .aura, .bare .aura {
  display: none;
}
</style>`;

/** The subject alone, with a paper border, on nothing. */
export function cutOut(stage: Stage, lead: Lead): string {
  const { width, height } = stage;
  const drawing = lead.role.draw(penFor(stage, lead.name));
  const { below = 0, wide = 104 } = lead.role;
  const scale = Math.min((height * 0.68) / (100 + below), (width * 0.84) / wide);
  const x = width / 2;
  const y = height * 0.45 + (scale * (100 - below)) / 2;
  return `${BORDER}<g class="cut">${placed(drawing, x, y, scale)}</g><g class="bare">${placed(drawing, x, y, scale)}</g>`;
}

/** The whole scene inside a round window with a paper border, on nothing. */
export function vignette(stage: Stage, place: Place): string {
  const { width, height, sheet } = stage;
  const r = Math.min(width, height) * 0.4;
  const [x, y] = [width / 2, height * 0.46];
  const circle = `M${n(x - r)} ${n(y)}A${n(r)} ${n(r)} 0 1 1 ${n(x + r)} ${n(y)}A${n(r)} ${n(r)} 0 1 1 ${n(x - r)} ${n(y)}Z`;
  return disc(x, y, r * 1.035, PAPER) + sheet.clip(circle, scenery(stage, place, undefined));
}
