import { copyButton, h } from '../../shared/dom.ts';
import { isActive } from '../../shared/job.ts';
import { isSafe, linkTo } from '../card/output.ts';
import { priceOf } from '../figures.ts';
import { fieldsOf, type Place, promptOf, withField } from '../job.ts';
import { nounOf, troubleIn } from '../words.ts';
import { type Act, busyButton } from './cancel.ts';
import { formOf, type Question } from './form.ts';
import { ask, save } from './save.ts';

const MAX_SEED = 2 ** 31;

/** What can be done with a picture, as far as the host goes along. */
export function createActions({ host, onMake, tell }: Act) {
  const row = h('div.row');
  const panel = h('div');
  const said = h('p.fine', { role: 'status' });
  let shown: Place | undefined;
  let drawn = '';
  // One, whatever is drawn anew while it works.
  const saving = busyButton('button.main', 'Save', async () => {
    said.textContent = 'Saving…';
    if (shown?.output) said.textContent = await save(host, shown.output);
  });

  function close(words = ''): void {
    panel.replaceChildren();
    row.hidden = false;
    said.textContent = words;
    draw();
  }

  /** A button that asks a question in place of all buttons. */
  function opener(label: string, question: Question): HTMLElement {
    const onclick = () => {
      const form = formOf(question, (words) => {
        close(words);
        focus(label);
      });
      close();
      row.hidden = true;
      panel.append(form);
      form.querySelector<HTMLElement>('input, textarea, .main')?.focus();
    };
    return h('button', { onclick }, label);
  }

  const focus = (label?: string | null) =>
    ([...row.children] as HTMLElement[]).find(({ textContent }) => textContent === label)?.focus();

  function ofOutput(place: Place): HTMLElement[] {
    const { output } = place;
    if (!output || !isSafe(output)) return [];
    const { url, handle, kind } = output;
    const edit: Question = {
      label: 'What should change?',
      yes: 'Edit',
      work: (wish) => ask(host, `Edit the picture ${handle}: ${wish}`, tell),
    };
    const link = linkTo(host, url, 'Open');
    link.className = 'button';
    return [saving, ...(handle && !kind ? [opener('Edit this', edit)] : []), link];
  }

  /** What makes another one, if this page knows how. */
  function ofRecipe(place: Place): HTMLElement[] {
    const { tool, arguments: input, output, refused, estimate, seeded } = place;
    const trouble = troubleIn(place);
    if (!host.can.serverTools || !tool || !input || trouble?.isFinal) return [];
    const warning = trouble?.isOpen ? 'It may have been made already. ' : '';
    const isSeeded = output && (seeded || 'seed' in fieldsOf(place));
    const isEdited = !output && refused;
    const label = output ? 'Make a variation' : isEdited ? 'Edit the prompt' : 'Try again';
    const question: Question = {
      label: isEdited ? 'Prompt' : undefined,
      value: promptOf(place),
      words: `${warning}A new ${nounOf(output)}, ${priceOf(estimate)}.`,
      yes: 'Make it',
      async work(prompt) {
        const seed = Math.floor(Math.random() * MAX_SEED);
        const change = isEdited ? { prompt } : isSeeded ? { seed } : {};
        onMake({ tool, input: withField(place, change) });
        return '';
      },
    };
    return [opener(label, question)];
  }

  function draw(): void {
    // Later, when what is under way has ended.
    if (!shown || panel.firstChild) return;
    const now = JSON.stringify(shown);
    if (now === drawn) return;
    drawn = now;
    const { activeElement } = document;
    const focused = row.contains(activeElement) && activeElement?.textContent;
    const prompt = promptOf(shown);
    row.replaceChildren(
      ...(isActive(shown)
        ? []
        : [...ofOutput(shown), ...ofRecipe(shown), ...(prompt ? [copyButton('Copy prompt', prompt)] : [])]),
    );
    if (focused) focus(focused);
  }

  return {
    element: h('div.actions', {}, row, panel, said),
    show(place: Place): void {
      const isOther = place.number !== shown?.number;
      shown = place;
      // What was said is of another picture.
      if (isOther) close();
      draw();
    },
  };
}
