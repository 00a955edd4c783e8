import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/jobs/job.ts';
import type { GalleryDetails, GalleryJob } from '../../../src/view/gallery-api.ts';
import { openGallery } from '../../support/gallery.ts';
import { connect, testConfig } from '../../support/program.ts';
import { putRecord } from '../../support/records.ts';

const AT = '2026-01-02T03:04:05.000Z';
const MARKUP = '<script>alert(1)</script>"\r\nset-cookie: a=b';
const BASE: Job = {
  model: 'm/m',
  input: { prompt: 'a fox' },
  state: 'succeeded',
  submitted_at: AT,
  cost_usd: 0.1,
};

/** What the gallery tells of jobs on record, newest first. */
async function tell(...jobs: Partial<Job>[]) {
  const config = testConfig({ origin: 'https://model-api.example' });
  for (const [nth, job] of jobs.entries()) {
    const submitted_at = new Date(Date.parse(AT) - nth * 60_000).toISOString();
    putRecord(config, { ...BASE, submitted_at, ...job });
  }
  const { url } = await openGallery(config);
  const rows = (await (await fetch(`${url}jobs`)).json()) as GalleryJob[];
  const details = async (nth = 0) =>
    (await (await fetch(`${url}jobs/${rows[nth]?.id}`)).json()) as GalleryDetails;
  return { url, config, rows, details };
}

describe('the details of a job', () => {
  it('name what it was made from: pictures of jobs on record, links and files, wherever they stand', async () => {
    const { details, rows } = await tell(
      {
        input: {
          prompt: 'bluer',
          seed: 7,
          image_urls: ['job:r-2#2', 'https://example.com/a.png'],
          mask: { image: 'file:///home/me/My%20pictures/mask.png#sha256=00&bytes=5', feather: 3 },
          style: ['job:unknown#1', 'watercolour'],
        },
      },
      { request_id: 'r-2', urls: ['https://a.runcomfy.net/1.png', 'https://a.runcomfy.net/2.png'] },
    );
    const { references, settings, prompt } = await details();
    expect(prompt).toBe('bluer');
    expect(references).toEqual([
      { field: 'image_urls', text: 'job:r-2#2', job: { id: rows[1]?.id, index: 1 } },
      { field: 'image_urls', text: 'https://example.com/a.png' },
      { field: 'mask.image', text: '/home/me/My pictures/mask.png', name: 'mask.png' },
      { field: 'style', text: 'job:unknown#1' },
    ]);
    expect(settings).toEqual({ seed: 7, mask: { feather: 3 }, style: ['watercolour'] });
  });

  it('have the input as an agent gives it, and name what is too long for that', async () => {
    const file = 'file:///home/me/My%20pictures/mask.png#sha256=00&bytes=5';
    const input = {
      ...{ prompt: 'bluer', image_urls: ['job:r-2#2'], mask: [[{ image: file, 'a.b': 1 }], 'x', {}] },
      ...{ style: ['job:r-2#1', 'watercolour'], words: 'w'.repeat(20_000), none: null },
    };
    let deep: unknown = 'x';
    for (let level = 0; level < 30; level++) deep = { deep };
    const { details } = await tell({ input: { ...input, deep, long: 'l'.repeat(50_000), last: 1 } });
    const given = await details();
    const path = '/home/me/My pictures/mask.png';
    expect(given.input).toEqual({
      ...{ ...input, deep, last: 1 },
      mask: [[{ image: path, 'a.b': 1 }], 'x', {}],
    });
    expect(given.cut).toEqual(['long']);
  });

  it('are no larger for a record that is', async () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 200; level++) deep = { deep };
    const wide = Array.from({ length: 100_000 }, (_, nth) => nth);
    const { url, details, rows } = await tell({
      model: 'm'.repeat(100_000),
      error: 'e'.repeat(1 << 20),
      input: {
        ...{ prompt: 'p'.repeat(1 << 20), long: 'l'.repeat(1 << 20), deep, wide },
        grid: wide.slice(0, 200).map(() => wide.slice(0, 200)),
        references: wide.slice(0, 5_000).map((nth) => `https://example.com/${nth}`),
        ...Object.fromEntries(wide.slice(0, 5_000).map((nth) => [`field ${nth}`, nth])),
        ['__proto__']: 1,
      },
      urls: wide.slice(0, 5_000).map((nth) => `https://a.runcomfy.net/${nth}.png`),
    });
    expect(JSON.stringify(rows).length).toBeLessThan(20_000);
    const given = await details();
    expect(JSON.stringify(given).length).toBeLessThan(200_000);
    expect(given.outputs).toHaveLength(100);
    expect(given.references.length).toBeLessThanOrEqual(50);
    expect(given.cut).toContain('prompt');
    expect(given.cut.length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(given.settings).match(/"deep"/g)?.length).toBeLessThan(10);
    expect((await fetch(url)).status).toBe(200);
  });

  it('and rows are data, whatever stands in a record: markup stays text', async () => {
    const { url, details, rows } = await tell({
      ...{ model: MARKUP, error: MARKUP, state: 'failed' },
      input: { prompt: MARKUP, [MARKUP]: MARKUP, file: 'file:///a/%3Cimg%20onerror=x%3E.png#sha256=0' },
    });
    expect(rows).toMatchObject([{ model: MARKUP, error: MARKUP, prompt: MARKUP }]);
    const { id } = rows[0] as GalleryJob;
    for (const path of ['jobs', `jobs/${id}`, `pictures/${id}/0`, 'nothing']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('content-type'), path).toBe('application/json');
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.has('set-cookie')).toBe(false);
    }
    const given = await details();
    expect(given.settings).toEqual({ [MARKUP]: MARKUP });
    expect(given.references).toEqual([
      { field: 'file', text: '/a/<img onerror=x>.png', name: '<img onerror=x>.png' },
    ]);
  });

  it('of another account are not there', async () => {
    const { config, url } = await tell({});
    const other = { ...config, baseUrl: 'https://other-api.example' };
    putRecord(other, { ...BASE, input: { prompt: 'theirs' } });
    const { url: theirs } = await openGallery(other);
    const [row] = (await (await fetch(`${theirs}jobs`)).json()) as GalleryJob[];
    expect(row?.prompt).toBe('theirs');
    expect((await fetch(`${url}jobs/${row?.id}`)).status).toBe(404);
  });
});

it('a prompt makes no header of the file that is downloaded', async () => {
  const connected = await connect();
  for (const prompt of [MARKUP, '../../etc/passwd\0', '狐狸 "; filename=evil.html', '\u202egnp.exe'])
    await connected.client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });
  const { url } = await openGallery(connected.config);
  const rows = (await (await fetch(`${url}jobs`)).json()) as GalleryJob[];
  expect(rows).toHaveLength(4);
  for (const { id, prompt } of rows) {
    const { headers, status } = await fetch(`${url}originals/${id}/0?download`);
    expect(status, prompt).toBe(200);
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\w-]+\.png"; filename\*=UTF-8''[\w%-]+\.png$/,
    );
    expect(headers.has('set-cookie')).toBe(false);
  }
});
