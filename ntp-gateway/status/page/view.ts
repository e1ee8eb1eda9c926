/** What stands on the page, as data, and how the page is made to say it: texts alone, for much of it strangers have written. */

export type View = string | Tag;
export type Tag = {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly View[];
};

export const view = (tag: string, attributes: Tag['attributes'] = {}, ...children: readonly View[]): Tag => ({
  tag,
  attributes,
  children,
});

/** What only who does not see the page hears. */
export const unseen = (text: string): Tag => view('span', { class: 'unseen' }, text);

export const textOf = (one: View): string => (typeof one === 'string' ? one : one.children.map(textOf).join(''));

/** Changes what is to be changed and nothing else: what a reader has selected or focused stays so. */
export const show = (target: Element, ...children: readonly View[]): void => {
  children.forEach((child, i) => {
    const old = target.childNodes[i];
    const node = isOf(child, old) ? old : make(child, target);
    if (node !== old) old ? old.replaceWith(node) : target.append(node);
    if (typeof child === 'string') {
      if (node.textContent !== child) node.textContent = child;
    } else dress(node as Element, child);
  });
  while (target.childNodes.length > children.length) target.lastChild!.remove();
};

const isOf = (child: View, node: ChildNode | undefined): node is ChildNode =>
  typeof child === 'string'
    ? node?.nodeType === Node.TEXT_NODE
    : (node as Element | undefined)?.localName === child.tag;

const make = (child: View, { namespaceURI }: Element): ChildNode =>
  typeof child === 'string'
    ? document.createTextNode(child)
    : document.createElementNS(child.tag === 'svg' ? 'http://www.w3.org/2000/svg' : namespaceURI, child.tag);

const dress = (element: Element, { attributes, children }: Tag): void => {
  for (const { name } of [...element.attributes]) if (!Object.hasOwn(attributes, name)) element.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes))
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  show(element, ...children);
};

/** @throws TypeError where page.html has no such element. */
export const element = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`#${id} is missing`);
  return found;
};
