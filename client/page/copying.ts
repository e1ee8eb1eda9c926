/** The buttons that copy what stands beside them. */
import { element } from './elements.ts';

export const offerCopies = (): void => {
  if (!navigator.clipboard) return; // only where the page came over TLS, or from this machine
  for (const button of document.querySelectorAll<HTMLButtonElement>('button.copy')) {
    button.hidden = false;
    const word = button.firstChild as Text;
    button.addEventListener('click', async () => {
      const text = element(button.dataset.copies ?? '').textContent ?? '';
      word.data = await navigator.clipboard.writeText(text).then(
        () => 'Copied',
        () => 'Not allowed',
      );
      setTimeout(() => {
        word.data = 'Copy';
      }, 2_000);
    });
  }
};
