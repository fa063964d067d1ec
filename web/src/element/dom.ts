/** Elements without markup in strings: nothing here can run what a file's name says, and Trusted Types have nothing to do. */

type Attributes = Readonly<Record<string, string | boolean | null>>;

/** An element with attributes and children; `true` is an empty attribute, `false` and `null` leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children);
  return made;
}

/** Sets, or with `false` and `null` removes; touches the document only where something changes. */
export function setAttribute(element: Element, name: string, value: string | boolean | null): void {
  const wanted = value === true ? "" : value;
  if (wanted === false || wanted === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted);
}

/** The same for text: what stands there already is left alone, so that no reader is disturbed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
