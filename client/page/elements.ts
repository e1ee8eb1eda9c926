/** What the page's script changes in the page. Texts alone: nothing that came over the network is ever taken for HTML. */

/** @throws TypeError where worker/page/page.ts has no such element. */
export const element = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`#${id} is missing`);
  return found;
};

/** Leaves an element alone that says so already: a screen reader hears each change of some. */
export const put = (id: string, text: string): void => {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
};
