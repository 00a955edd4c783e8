import { mix, shade } from './colour.ts';
import type { Point } from './landforms.ts';
import { dots } from './landforms.ts';
import { PAPER } from './palette.ts';
import { box, n, oval, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';

function rain(stage: Stage): string {
  const { random, width, height, palette } = stage;
  const area = (width * height) / 1e6;
  return [
    [170, 26, 1.5, 0.35],
    [80, 46, 2.4, 0.5],
    [24, 74, 3.4, 0.55],
  ]
    .map(([count = 0, length = 0, thick = 1, opacity = 1]) => {
      const path = Array.from({ length: Math.round(count * area) }, () => {
        const long = length * random.between(0.6, 1.2);
        return `M${n(random.between(-40, width + 60))} ${n(random.between(-60, height))}l${n(-long * 0.22)} ${n(long)}`;
      }).join('');
      return stroke(path, mix(PAPER, palette.sky[3], 0.4), thick, opacity);
    })
    .join('');
}

function snow(stage: Stage): string {
  const { random, width, height } = stage;
  const area = (width * height) / 1e6;
  return [
    [230, 4, 0.7],
    [90, 8, 0.85],
    [26, 15, 0.9],
  ]
    .map(([count = 0, size = 1, opacity = 1]) =>
      stroke(
        dots(
          Array.from(
            { length: Math.round(count * area) },
            (): Point => [random.between(0, width), random.between(0, height)],
          ),
        ),
        '#ffffff',
        size,
        opacity,
      ),
    )
    .join('');
}

function fog(stage: Stage): string {
  const { random, width, height, horizon, unit, palette, sheet } = stage;
  const pale = mix(palette.sky[3], PAPER, 0.3);
  return (
    Array.from({ length: 6 }, (_, i) => {
      const y = horizon + (i - 2) * (height - horizon) * 0.17;
      const wide = width * random.between(0.5, 0.95);
      return oval(
        random.between(0.1, 0.9) * width,
        y,
        wide,
        unit * random.between(0.07, 0.14),
        sheet.round([
          [0, pale, 0.62],
          [0.6, pale, 0.34],
          [1, pale, 0],
        ]),
      );
    }).join('') +
    box(
      -10,
      horizon - unit * 0.3,
      width + 20,
      unit * 0.6,
      sheet.down([0, pale, 0], [0.5, pale, 0.5], [1, pale, 0]),
    )
  );
}

/** A forked flash out of dark clouds. */
function flash(stage: Stage): string {
  const { random, width, horizon, unit, palette, sheet } = stage;
  const x = width * random.between(0.22, 0.42);
  const step = horizon / 7;
  const [a, b] = [unit * 0.045, unit * 0.03];
  const bolt = `M${n(x)} ${n(step * 1.2)}l${n(-a)} ${n(step * 1.7)}h${n(b)}l${n(-a)} ${n(step * 1.5)}h${n(b * 0.9)}l${n(-a * 1.5)} ${n(step * 2.4)}l${n(a * 3.1)} ${n(-step * 2.9)}h${n(-b)}l${n(a * 1.3)} ${n(-step * 1.3)}h${n(-b)}l${n(a * 1.1)} ${n(-step * 1.4)}Z`;
  return (
    oval(
      x,
      step * 3.4,
      unit * 0.42,
      step * 4,
      sheet.round([
        [0, palette.lamp, 0.5],
        [1, palette.lamp, 0],
      ]),
    ) + shape(bolt, mix(palette.lamp, '#ffffff', 0.6))
  );
}

/** Heavy clouds hanging from the top edge. */
function ceiling(stage: Stage): string {
  const { random, width, horizon, palette, unit } = stage;
  return [0, 1, 2]
    .map((i) => {
      const y = horizon * (0.3 - i * 0.1);
      let path = `M-20 -20V${n(y)}`;
      for (let x = -20; x < width + 40; ) {
        const step = unit * random.between(0.1, 0.22);
        x += step;
        path += `A${n(step * 0.56)} ${n(step * 0.42)} 0 0 0 ${n(x)} ${n(y + random.between(-0.02, 0.02) * unit)}`;
      }
      return shape(`${path}V-20Z`, shade(mix(palette.sky[0], palette.sky[1], 0.8 - i * 0.35), -0.02), 0.9);
    })
    .join('');
}

/** What hangs in the sky, behind the land. */
export function weatherBehind(stage: Stage): string {
  const { weather } = stage.reading;
  return (
    (weather.has('storm') ? flash(stage) : '') +
    (weather.has('storm') || weather.has('rain') ? ceiling(stage) : '')
  );
}

/** What drifts between the land and the subject. */
export function weatherBetween(stage: Stage): string {
  return stage.reading.weather.has('fog') ? fog(stage) : '';
}

/** What falls in front of everything. */
export function weatherInFront(stage: Stage): string {
  const { weather } = stage.reading;
  return (
    (weather.has('rain') || weather.has('storm') ? rain(stage) : '') +
    (weather.has('snow') ? snow(stage) : '')
  );
}
